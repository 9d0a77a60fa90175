import { isProblemError, isRefusal, type ProblemError } from '../http/problem-error.ts'
import type { Client } from '../index.ts'
import type { ChangePage } from '../types.ts'
import { getTodoId, type Operation } from './operations.ts'
import type { ReplicaPlatform } from './platform.ts'
import { putBatch, putCopy, putTodo, type Records, toTodoName } from './records.ts'
import type { OutgoingBatch, Writes } from './storage.ts'

/** The most edits of a batch, as the service has it. */
const MAX_BATCH = 100
/** The pause after a failure is random, from 0 to this limit, which doubles each time. Milliseconds. */
const BASE_DELAY = 1000
const MAX_DELAY = 30_000
/** Milliseconds without an edit after which changes are followed again. */
const QUIET_DURATION = 300

/** The part of a client that a replica uses. */
export type ReplicaClient = Pick<Client, 'changes' | 'ready'> & {
  readonly auth: Pick<Client['auth'], 'user'>
  readonly todos: Pick<Client['todos'], 'batch'>
}

export interface SynchronizerOptions {
  readonly client: ReplicaClient
  readonly platform: ReplicaPlatform
  readonly records: Records
  readonly userId: string
  readonly mode: 'stream' | 'poll'
  readonly onRefused: (operation: Operation, problem: ProblemError) => void
}

/**
 * Sends edits and follows changes, never both at the same time: no page of changes is applied that was asked for before the
 * last edit was confirmed. So a page cannot take back what the user has done.
 */
export function createSynchronizer(options: SynchronizerOptions) {
  const { client, platform, records, userId, mode, onRefused } = options
  /** How many edits to send one by one, since their batch was refused. */
  let singles = 0
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

  /** Chooses the edits of the next batch, and stores the choice with a key of its own. */
  async function prepareBatch(): Promise<OutgoingBatch> {
    const edits = records.savedEdits().slice(0, singles > 0 ? 1 : MAX_BATCH)
    const batch = { kind: 'batch', idempotencyKey: platform.newKey(), edits } as const
    await records.write([putBatch(batch)])
    return batch
  }

  const takeEdits = ({ edits }: OutgoingBatch): Writes => [
    ...edits.map((name): Writes[number] => [name, undefined]),
    putBatch(undefined)
  ]

  async function send(signal: AbortSignal): Promise<void> {
    const batch = records.batch() ?? (await prepareBatch())
    const operations = batch.edits.flatMap(name => records.edit(name)?.operation ?? [])
    // Another user may have signed in meanwhile.
    if (!isSignedIn()) return
    try {
      // `*` is true of any state, and needed where the service demands a precondition.
      const { results } = await client.todos.batch(
        operations.map(operation => (operation.op === 'create' ? operation : { ...operation, ifMatch: '*' })),
        { idempotencyKey: batch.idempotencyKey, signal }
      )
      const { generation } = records.copy()
      const todoWrites = operations.map((operation, index): Writes[number] => {
        const todo = operation.op === 'purge' ? undefined : results[index]?.todo
        return todo ? putTodo(todo, generation) : [toTodoName(getTodoId(operation)), undefined]
      })
      await records.write([...takeEdits(batch), ...todoWrites])
      singles = Math.max(0, singles - 1)
    } catch (error) {
      if (!isRefusal(error) || error.action === 'sign-in') throw error
      await handleRefusal(batch, operations, error)
    }
  }

  /** Takes back a refused edit. Of several edits it is found out which: each is sent by itself. */
  async function handleRefusal(
    batch: OutgoingBatch,
    operations: readonly Operation[],
    problem: ProblemError
  ): Promise<void> {
    const [operation] = operations
    if (!operation || operations.length > 1) {
      singles = operations.length
      return records.write([putBatch(undefined)])
    }
    singles = Math.max(0, singles - 1)
    if (isFulfilled(operation, problem)) return records.write(takeEdits(batch))
    // What follows on the creation of a todo makes no sense without it.
    const isCreate = operation.op === 'create'
    const dependents = records
      .edits()
      .filter(([, edit]) => isCreate && getTodoId(edit.operation) === operation.todo.id)
    await records.write([
      ...takeEdits(batch),
      ...dependents.map(([name]): Writes[number] => [name, undefined])
    ])
    onRefused(operation, problem)
  }

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
      await send(signal)
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

/** Whether a refusal says that what was to be done is done already. */
const isFulfilled = ({ op }: Operation, { code }: ProblemError): boolean =>
  op === 'create' ? code === 'todo_exists' : (op === 'delete' || op === 'purge') && code === 'todo_not_found'
