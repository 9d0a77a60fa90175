import type { Channel } from './channel.ts'

/** The most that are remembered; beyond, those that have sent nothing for longest are forgotten. */
const MOST = 5000

/** How many requests there were in the present window, and the milliseconds that are left of it. */
export interface Window {
  readonly current: number
  readonly ttl: number
}

/** Counts requests of a key, one more each time, in windows of so many milliseconds. */
export type Count = (key: string, length: number) => Promise<Window>

/** Counts in this process, by a clock that nobody sets: a wrong time of day makes no window longer. */
export function countHere(most = MOST, now = () => performance.now()): Count {
  const windows = new Map<string, { readonly begin: number; current: number }>()

  return async (key, length) => {
    const time = now()
    const known = windows.get(key)
    const window = known && known.begin + length > time ? known : { begin: time, current: 0 }
    window.current += 1
    windows.delete(key)
    windows.set(key, window)
    if (windows.size > most) windows.delete(windows.keys().next().value as string)
    return { current: window.current, ttl: window.begin + length - time }
  }
}

interface Question {
  readonly count: string
  readonly length: number
}

/** Has the process at the other end count, which does so for others, too. Its answers come in the order of the questions. */
export function countBy(channel: Channel): Count {
  const waiting: ((window: Window) => void)[] = []
  channel.on('message', message => {
    const { counted } = message as { counted?: Window }
    if (counted) waiting.shift()?.(counted)
  })
  return (count, length) =>
    new Promise(resolve => {
      waiting.push(resolve)
      channel.send({ count, length } satisfies Question)
    })
}

/** Counts for the process at the other end. */
export function countFor(channel: Channel, count: Count): void {
  channel.on('message', async message => {
    const { count: key, length } = message as Partial<Question>
    if (key !== undefined && length !== undefined) channel.send({ counted: await count(key, length) })
  })
}
