import pLimit, { type LimitFunction } from 'p-limit'
import { Problem } from '../errors.ts'

/** The most long reads of a user that wait. */
const MOST_WAITING = 50
/** Seconds after which to ask again. */
const RETRY_AFTER = 1

/** Does a long read of a user when it is that user's turn. */
export type InTurn = <Result>(userId: string, read: () => Promise<Result>) => Promise<Result>

/**
 * Lets a user have only so many long reads under way: reads whose cost grows with how many todos there are. Whoever sends
 * ten at once waits for them one after another, and nobody else does.
 * @throws {Problem} `rate_limited` when too many of the user's wait already
 */
export function longReadsOf(perUser: number): InTurn {
  const users = new Map<string, { readonly limit: LimitFunction; entered: number }>()

  return async (userId, read) => {
    const own = users.get(userId) ?? { limit: pLimit(perUser), entered: 0 }
    if (own.limit.pendingCount >= MOST_WAITING) throw new Problem('rate_limited', { retryAfter: RETRY_AFTER })
    users.set(userId, own)
    own.entered += 1
    try {
      return await own.limit(read)
    } finally {
      own.entered -= 1
      if (own.entered === 0) users.delete(userId)
    }
  }
}
