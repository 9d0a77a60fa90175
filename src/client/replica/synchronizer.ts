import { isProblemError } from '../http/problem-error.ts'
import type { ChangePage } from '../types.ts'
import { putCopy, putTodo, toTodoName } from './records.ts'
import { createSender, type SenderOptions } from './sender.ts'
import type { Writes } from './storage.ts'

/** The pause after a failure is random, from 0 to this limit, which doubles each time. Milliseconds. */
const BASE_DELAY = 1000
const MAX_DELAY = 30_000
/** Milliseconds without an edit after which changes are followed again. */
const QUIET_DURATION = 300

export interface SynchronizerOptions extends SenderOptions {
  readonly userId: string
  readonly mode: 'stream' | 'poll'
}

/**
 * Sends edits and follows changes, never both at the same time: no page of changes is applied that was asked for before the
 * last edit was confirmed. So a page cannot take back what the user has done.
 */
export function createSynchronizer(options: SynchronizerOptions) {
  const { client, platform, records, userId, mode } = options
  const send = createSender(options)
  let wakeUp = () => {}
  const isSignedIn = () => client.auth.user()?.id === userId
  const hasUnsentEdits = () => records.savedEdits().length > 0

  /** Waits, at most until the next edit or the network is there again. */
  const idle = (duration: number) =>
    new Promise<void>(resolve => {
      const stopTimer = platform.timer(duration, finish)
      function finish() {
        stopTimer()
        resolve()
      }
      wakeUp = finish
    })

  async function applyPage({ changes, next, more }: ChangePage): Promise<void> {
    const copy = records.copy()
    const { generation } = copy
    const writes = changes
      .filter(({ type }) => type === 'todo')
      .map(({ id, todo }): Writes[number] => (todo ? putTodo(todo, generation) : [toTodoName(id), undefined]))
    const isNowComplete = !copy.isComplete && !more
    const seen = new Set(changes.map(({ id }) => id))
    const outdated = isNowComplete
      ? records.todos().filter(stored => stored.generation < generation && !seen.has(stored.todo.id))
      : []
    await records.write([
      ...writes,
      ...outdated.map(({ todo }): Writes[number] => [toTodoName(todo.id), undefined]),
      putCopy({ ...copy, since: next, isComplete: copy.isComplete || !more })
    ])
  }

  /** Follows changes until there is an edit to send. */
  async function follow(signal: AbortSignal): Promise<void> {
    const controller = new AbortController()
    const interrupt = () => controller.abort()
    wakeUp = interrupt
    signal.addEventListener('abort', interrupt)
    try {
      const { since } = records.copy()
      for await (const page of client.changes({ since, mode, signal: controller.signal })) {
        if (controller.signal.aborted || hasUnsentEdits()) return
        await applyPage(page)
      }
    } catch (error) {
      if (!controller.signal.aborted) throw error
    } finally {
      signal.removeEventListener('abort', interrupt)
    }
  }

  /** Downloads all anew. The copy stays until the new one is complete. */
  function restartDownload(): Promise<void> {
    const { since: _, ...copy } = records.copy()
    return records.write([putCopy({ ...copy, generation: copy.generation + 1, isComplete: false })])
  }

  /** Whether the service does not take the token: it is too old, or that of another database. */
  const isTokenRefused = (error: unknown): boolean =>
    isProblemError(error) && [400, 410].includes(error.status) && records.copy().since !== undefined

  async function step(signal: AbortSignal): Promise<void> {
    if (hasUnsentEdits()) {
      await send(userId, signal)
      if (!hasUnsentEdits()) await idle(QUIET_DURATION)
      return
    }
    try {
      await follow(signal)
    } catch (error) {
      if (!isTokenRefused(error)) throw error
      await restartDownload()
    }
  }

  return {
    /** Called when there is an edit to send, or the network is there again. */
    wake: () => wakeUp(),

    /**
     * Sends edits and follows changes until the signal aborts, or the user is signed out.
     * @param isLoaded whether the records are those of the storage; else they are read before
     */
    async run(signal: AbortSignal, isLoaded: boolean): Promise<void> {
      let isCurrent = isLoaded
      let failures = 0
      while (!signal.aborted && isSignedIn()) {
        try {
          if (!isCurrent) await records.load()
          isCurrent = true
          await step(signal)
          failures = 0
        } catch (error) {
          if (signal.aborted) return
          failures += 1
          const { retryAfter = 0 } = isProblemError(error) ? error : {}
          const jitter = platform.random() * Math.min(MAX_DELAY, BASE_DELAY * 2 ** failures)
          await idle(retryAfter * 1000 + jitter)
        }
      }
    }
  }
}
