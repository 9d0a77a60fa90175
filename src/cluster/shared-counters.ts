import type { Channel } from './channel.ts'

/** The most that are remembered; beyond, those that have sent nothing for longest are forgotten. */
const MAX_KEYS = 5000

/** How many requests there were in the present window, and the milliseconds that are left of it. */
export interface RateWindow {
  readonly current: number
  readonly ttl: number
}

/** Counts requests of a key, one more each time, in windows of so many milliseconds. */
export type RateCounter = (key: string, windowMs: number) => Promise<RateWindow>

/** Counts in this process, by a clock that nobody sets: a wrong time of day makes no window longer. */
export function createLocalCounter(maxKeys = MAX_KEYS, now = () => performance.now()): RateCounter {
  const windows = new Map<string, { readonly begin: number; current: number }>()

  return async (key, windowMs) => {
    const time = now()
    const existing = windows.get(key)
    const window = existing && existing.begin + windowMs > time ? existing : { begin: time, current: 0 }
    window.current += 1
    windows.delete(key)
    windows.set(key, window)
    if (windows.size > maxKeys) windows.delete(windows.keys().next().value as string)
    return { current: window.current, ttl: window.begin + windowMs - time }
  }
}

interface CountRequest {
  readonly key: string
  readonly windowMs: number
}

/** Has the process at the other end count, which does so for others, too. Its answers come in the order of the questions. */
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

/** Counts for the process at the other end. */
export function serveCounter(channel: Channel, counter: RateCounter): void {
  channel.on('message', async message => {
    const { key, windowMs: length } = message as Partial<CountRequest>
    if (key !== undefined && length !== undefined) channel.send({ counted: await counter(key, length) })
  })
}
