import type { Platform } from '../platform.ts'

/** Milliseconds: longer than a refresh takes, shorter than people wait. */
const LOCK_TIMEOUT = 5000

/**
 * Works while it holds the lock of a name, over all tabs. A tab that stands still, at an open `alert()` say, may hold it for
 * hours, so the work is done without it after a while; and at once where locks are missing or forbidden.
 */
export function withLock(
  { locks, timer }: Platform,
  name: string | undefined,
  work: () => Promise<void>
): Promise<void> {
  if (!locks || name === undefined) return work()
  return new Promise((resolve, reject) => {
    const controller = new AbortController()
    let hasBegun = false
    async function begin(): Promise<void> {
      if (hasBegun) return
      hasBegun = true
      stopTimer()
      await work().then(resolve, reject)
    }
    const stopTimer = timer(LOCK_TIMEOUT, () => {
      controller.abort()
      void begin()
    })
    locks.request(name, { signal: controller.signal }, begin).catch(begin)
  })
}
