import pLimit from 'p-limit'
import type { Config } from '../../config/config.ts'
import { Problem } from '../../problems/problem.ts'

/** Seconds that the last hash in a full queue waits, on cores that do a pass over a KiB in a microsecond. */
const MAX_WAIT_SECONDS = 2

/** How many hashes are being computed, and how many wait. */
export interface HashingLoad {
  readonly running: number
  readonly waiting: number
}

/** Runs work when its turn comes. */
export interface HashQueue {
  <Result>(work: () => Promise<Result>): Promise<Result>
  readonly load: () => HashingLoad
}

/**
 * Limits the hashes that are computed at the same time to the number of cores: more would only take memory. The queue holds as
 * many hashes as the cores compute within seconds. Beyond that a refusal at once serves people better. The time of a hash
 * grows with its memory and its passes (RFC 9106, section 4), so higher settings make the queue shorter.
 * @returns the queue, which throws the problem `overloaded` when it is full
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
