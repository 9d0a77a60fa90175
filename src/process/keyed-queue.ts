import pLimit, { type LimitFunction } from 'p-limit'
import { Problem } from '../problems/problem.ts'

/** Seconds after which a refused client may ask again. */
const RETRY_AFTER = 1

/** Runs work of a key, a user's id for example, when its turn comes. */
export type KeyedQueue = <Result>(key: string, work: () => Promise<Result>) => Promise<Result>

/**
 * Limits how much work of one key runs at the same time. The rest waits its turn. Keys do not wait for each other.
 * @param concurrency work of a key that runs at the same time
 * @param maxWaiting work of a key that waits at most
 * @returns the queue, which throws the problem `rate_limited` when too much work of the key waits already
 */
export function createKeyedQueue(concurrency: number, maxWaiting = Number.POSITIVE_INFINITY): KeyedQueue {
  const entries = new Map<string, { readonly limit: LimitFunction; active: number }>()

  return async (key, work) => {
    const entry = entries.get(key) ?? { limit: pLimit(concurrency), active: 0 }
    if (entry.limit.pendingCount >= maxWaiting) throw new Problem('rate_limited', { retryAfter: RETRY_AFTER })
    entries.set(key, entry)
    entry.active += 1
    try {
      return await entry.limit(work)
    } finally {
      entry.active -= 1
      if (entry.active === 0) entries.delete(key)
    }
  }
}
