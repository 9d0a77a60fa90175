import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Service } from '../../support/service.ts'

/** Schedules actions on the service's fake clock. Times are in seconds from the start. */
export function createScheduler(clock: Service['clock']) {
  const start = clock.now().getTime()
  /** Sorted by time, latest first. */
  const entries: { at: number; action: () => void }[] = []
  let pending = 0
  const now = () => (clock.now().getTime() - start) / 1000

  return {
    now,

    schedule(seconds: number, action: () => void) {
      const at = now() + Math.max(0, seconds)
      let [low, high] = [0, entries.length]
      while (low < high) {
        const middle = (low + high) >> 1
        if ((entries[middle]?.at as number) > at) low = middle + 1
        else high = middle
      }
      entries.splice(low, 0, { at, action })
    },

    /** Keeps the clock still until the work is done. */
    async holdTimeDuring<Result>(work: Promise<Result>): Promise<Result> {
      pending += 1
      try {
        return await work
      } finally {
        pending -= 1
      }
    },

    /** Runs all actions in order. The promises of one action settle before the next action runs. */
    async run() {
      for (;;) {
        do await nextTurn()
        while (pending > 0)
        const next = entries.pop()
        if (!next) return
        clock.advance(Math.max(0, next.at - now()))
        next.action()
      }
    }
  }
}

export type Scheduler = ReturnType<typeof createScheduler>
