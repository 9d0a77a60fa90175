import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { isUnavailable } from '../../db/errors.ts'
import { Problem } from '../../problems/problem.ts'
import type { Change, ChangePage } from '../changes.ts'
import { HEARTBEAT, toCaughtUpText, toChangeText, toEndText, toRetryText } from './events.ts'

/** Milliseconds that a client waits before it connects again. */
const RETRY_DELAY = 2000
/** Milliseconds between two attempts to read from a database that is away. */
const DATABASE_RETRY_INTERVAL = 1000

export interface ChangeStreamOptions {
  /**
   * Reads the next changes of the user, while the session is checked.
   * @throws {Problem} when the session has ended, or the token is not to be followed
   */
  readonly readPage: (since: string | undefined) => Promise<ChangePage>
  /** Where the client has followed the changes to; undefined for the beginning. */
  readonly since: string | undefined
  /** Writes a change as JSON. */
  readonly serialize: (change: Change) => string
  /** Called with the number of changes that were sent. */
  readonly onSent: (count: number) => void
  readonly onClose: () => void
}

/**
 * Follows the changes of a user as server-sent events. The state of the stream is one token: changes are read when the
 * socket takes more, so a client that reads slowly costs one page, and a client that wakes up after long reads each todo once.
 */
export function createChangeStream({ readPage, since, serialize, onSent, onClose }: ChangeStreamOptions) {
  let position = since
  /** Whether there may be changes after the position. */
  let hasMore = true
  /** Whether something was sent since `caught-up`, which the beginning counts as. */
  let isBehind = true
  let isBeating = false
  let ending: { readonly text: string; readonly time: number } | undefined
  let isEnded = false
  let resume: (() => void) | undefined
  let lastSent = performance.now()

  /** Goes on with a stream that waits. */
  function proceed() {
    resume?.()
    resume = undefined
  }

  /** Reads the next page and gives its events. A page without news gives none. */
  async function readEvents(): Promise<string> {
    hasMore = false
    const { changes, next, more } = await readPage(position)
    position = next
    hasMore ||= more
    onSent(changes.length)
    isBehind ||= changes.length > 0
    const text = changes.map(change => toChangeText(change.token, serialize(change))).join('')
    if (more || !isBehind) return text
    isBehind = false
    return text + toCaughtUpText(next)
  }

  /** Reads on. What hinders that ends the stream, unless it is a database that is away. */
  async function readOn(): Promise<string> {
    try {
      return await readEvents()
    } catch (error) {
      hasMore = true
      if (error instanceof Problem) {
        end(error.code)
        return ''
      }
      if (!isUnavailable(error)) throw error
      await sleep(DATABASE_RETRY_INTERVAL, undefined, { ref: false })
      return takeHeartbeat()
    }
  }

  /** Gives the next text to be sent, as soon as there is one; null after the end. */
  async function nextText(): Promise<string | null> {
    while (!isEnded) {
      if (ending) {
        isEnded = true
        return ending.text
      }
      const text = hasMore ? await readOn() : takeHeartbeat()
      if (text) return text
      if (!hasMore && !ending && !isEnded)
        await new Promise<void>(resolve => {
          resume = resolve
        })
    }
    return null
  }

  function takeHeartbeat(): string {
    const text = isBeating ? HEARTBEAT : ''
    isBeating = false
    return text
  }

  function end(code: string, retryDelay?: number) {
    const retryText = retryDelay === undefined ? '' : toRetryText(retryDelay)
    ending ??= { text: retryText + toEndText(code), time: performance.now() }
    proceed()
  }

  const readable = new Readable({
    read() {
      nextText().then(
        text => {
          if (readable.destroyed) return
          lastSent = performance.now()
          readable.push(text)
        },
        error => readable.destroy(error)
      )
    },
    destroy(error, callback) {
      isEnded = true
      proceed()
      onClose()
      callback(error)
    }
  })

  return {
    readable,
    /** Reads the first page and sends its events. @throws {Problem} what `readPage` throws */
    async start() {
      readable.push(toRetryText(RETRY_DELAY) + (await readEvents()))
    },
    /** Looks for changes. */
    wake() {
      hasMore = true
      proceed()
    },
    /** Sends a heartbeat, unless something was sent in the last milliseconds. */
    beat(interval: number) {
      if (performance.now() - lastSent < interval) return
      isBeating = true
      proceed()
    },
    /**
     * Sends why the stream ends, and ends it.
     * @param retryDelay milliseconds that the client is to wait before it connects again, unless as before
     */
    end,
    /** Whether the stream was to end so many milliseconds ago, which its client does not read. */
    isOverdue: (timeout: number) => ending !== undefined && performance.now() - ending.time > timeout
  }
}
