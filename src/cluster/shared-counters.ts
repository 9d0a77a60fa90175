import { LRUCache } from 'lru-cache'
import type { Channel } from './channel.ts'

/** The most keys that are counted. Beyond, the key whose last request is the oldest is dropped. */
const MAX_KEYS = 5000

/** The requests in the current window, and the milliseconds that are left of the window. */
export interface RateWindow {
  readonly current: number
  readonly ttl: number
}

/** Counts one more request of a key, in windows of `windowMs` milliseconds that begin with a first request. */
export type RateCounter = (key: string, windowMs: number) => Promise<RateWindow>

/**
 * Creates a counter for this process.
 * @param now milliseconds of a monotonic clock, so that a change of the time of day makes no window longer
 */
export function createLocalCounter(maxKeys = MAX_KEYS, now = () => performance.now()): RateCounter {
  const windows = new LRUCache<string, { readonly begin: number; current: number }>({ max: maxKeys })

  return async (key, windowMs) => {
    const time = now()
    const existing = windows.get(key)
    const window = existing && existing.begin + windowMs > time ? existing : { begin: time, current: 0 }
    window.current += 1
    if (window !== existing) windows.set(key, window)
    return { current: window.current, ttl: window.begin + windowMs - time }
  }
}

interface CountRequest {
  readonly key: string
  readonly windowMs: number
}

/** Creates a counter that asks the process at the other end, which answers requests in their order. */
export function createRemoteCounter(channel: Channel): RateCounter {
  const pending: ((window: RateWindow) => void)[] = []
  channel.on('message', message => {
    const { counted } = message as { counted?: RateWindow }
    if (counted) pending.shift()?.(counted)
  })
  return (key, windowMs) =>
    new Promise(resolve => {
      pending.push(resolve)
      channel.send({ key, windowMs } satisfies CountRequest)
    })
}

/** Answers the remote counter of the process at the other end. */
export function serveCounter(channel: Channel, counter: RateCounter): void {
  channel.on('message', async message => {
    const { key, windowMs } = message as Partial<CountRequest>
    if (key !== undefined && windowMs !== undefined) channel.send({ counted: await counter(key, windowMs) })
  })
}
