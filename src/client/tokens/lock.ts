import type { Platform } from '../platform.ts'

/** Milliseconds to wait for the lock: longer than a refresh, shorter than people's patience. */
const LOCK_TIMEOUT = 5000

/**
 * Calls `work` while it holds the lock of a name, over all tabs. A frozen tab, such as one with an open `alert()`, may hold
 * the lock for hours, so after LOCK_TIMEOUT the work runs without it. Without Web Locks the work runs at once.
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
