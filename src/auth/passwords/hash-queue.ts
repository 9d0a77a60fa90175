import pLimit from 'p-limit'
import type { Config } from '../../config/config.ts'
import { Problem } from '../../problems/problem.ts'

/** Seconds that the last in the queue waits, on a core that does a pass over a KiB in a microsecond. */
const MAX_WAIT_SECONDS = 2

/** How many hashes are being made, and how many wait for that. */
export interface HashingLoad {
  readonly running: number
  readonly waiting: number
}

/** Does the work when its turn comes. */
export interface HashQueue {
  <Result>(work: () => Promise<Result>): Promise<Result>
  readonly load: () => HashingLoad
}

/**
 * Where hashes wait for their turn. As many are made at once as there are cores, for more would only take memory; as
 * many wait as can be made within seconds, and the others are better off with an answer at once. The time of a hash
 * grows with its memory and its passes (RFC 9106, section 4), and so the queue gets shorter as they are raised.
 * @throws {Problem} `overloaded` when the queue is full
 */
export function createHashQueue({ memoryKiB, passes }: Config['password']['hash'], cores: number): HashQueue {
  const microsecondsPerHash = memoryKiB * passes
  const capacity = cores * Math.max(1, Math.floor((MAX_WAIT_SECONDS * 1e6) / microsecondsPerHash))
  const limit = pLimit(cores)

  async function enqueue<Result>(work: () => Promise<Result>): Promise<Result> {
    if (limit.pendingCount >= capacity) throw new Problem('overloaded', { retryAfter: MAX_WAIT_SECONDS })
    return limit(work)
  }
  const load = () => ({ running: limit.activeCount, waiting: limit.pendingCount })
  return Object.assign(enqueue, { load })
}
