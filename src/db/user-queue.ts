import pLimit, { type LimitFunction } from 'p-limit'
import { Problem } from '../problems/problem.ts'

/** The most long reads of a user that wait. */
const MAX_WAITING = 50
/** Seconds after which to ask again. */
const RETRY_AFTER = 1

/** Does a long read of a user when it is that user's turn. */
export type QueueForUser = <Result>(userId: string, work: () => Promise<Result>) => Promise<Result>

/**
 * Lets a user have only so many long reads under way: reads whose cost grows with how many rows there are. Whoever sends
 * ten at once waits for them one after another, and nobody else does.
 * @throws {Problem} `rate_limited` when too many of the user's wait already
 */
export function createUserQueue(concurrency: number): QueueForUser {
  const users = new Map<string, { readonly limit: LimitFunction; active: number }>()

  return async (userId, work) => {
    const queue = users.get(userId) ?? { limit: pLimit(concurrency), active: 0 }
    if (queue.limit.pendingCount >= MAX_WAITING)
      throw new Problem('rate_limited', { retryAfter: RETRY_AFTER })
    users.set(userId, queue)
    queue.active += 1
    try {
      return await queue.limit(work)
    } finally {
      queue.active -= 1
      if (queue.active === 0) users.delete(userId)
    }
  }
}
