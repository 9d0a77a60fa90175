import { setImmediate as nextTurn } from 'node:timers/promises'
import { median } from '../medians.ts'

/** Something that is done again and again. */
export type Work = () => Promise<unknown>

/** The same work on different databases; the others are compared with the first. */
export interface Contest {
  readonly title: string
  readonly works: readonly Work[]
}

/** What a work costs, as the median of the rounds. */
export interface Cost {
  /** Microseconds of processor time, all threads of this process together. */
  readonly cpu: number
  /** Microseconds on the clock. */
  readonly clock: number
  /** The same as so many times what the first work costs in the same round. */
  readonly times: { readonly cpu: number; readonly clock: number }
}

export interface Outcome {
  readonly title: string
  readonly costs: readonly Cost[]
}

type Sample = Pick<Cost, 'cpu' | 'clock'>

/** Milliseconds that a round of one work takes, and at which a work counts as warm. */
const [LENGTH, WARM] = [20, 300]

/** Does a work for a while, until its time is known. */
async function warmUp(work: Work): Promise<number> {
  const begin = performance.now()
  let times = 0
  for (; performance.now() - begin < WARM; times += 1) await work()
  return Math.max(1, Math.round((times * LENGTH) / WARM))
}

async function costOf(work: Work, times: number): Promise<Sample> {
  const [begin, before] = [performance.now(), process.cpuUsage()]
  for (let left = times; left > 0; left -= 1) await work()
  const { user, system } = process.cpuUsage(before)
  return { cpu: (user + system) / times, clock: ((performance.now() - begin) * 1000) / times }
}

/** Lets the works take turns, so that whatever else the machine does meets them alike. */
export async function hold({ title, works }: Contest, rounds: number): Promise<Outcome> {
  const turns = [...works.entries()]
  const times = await inTurn(turns, warmUp)
  const samples: Sample[][] = []
  for (let round = 0; round < rounds; round += 1)
    // There and back, for the first one may find what the last one left behind.
    samples.push(await inTurn(turns.reverse(), (work, index) => costOf(work, times[index] as number)))

  const costs = works.map((_, index) => {
    const own = samples.map(sample => sample[index] as Sample)
    const first = samples.map(([sample]) => sample as Sample)
    const times = (name: keyof Sample) =>
      median(own.map((sample, round) => sample[name] / (first[round] as Sample)[name]))
    return {
      cpu: median(own.map(({ cpu }) => cpu)),
      clock: median(own.map(({ clock }) => clock)),
      times: { cpu: times('cpu'), clock: times('clock') }
    }
  })
  return { title, costs }
}

async function inTurn<Result>(
  turns: readonly [number, Work][],
  of: (work: Work, index: number) => Promise<Result>
): Promise<Result[]> {
  const results: Result[] = []
  for (const [index, work] of turns) {
    results[index] = await of(work, index)
    // Where the event loop lags behind, requests are turned away.
    await nextTurn()
  }
  return results
}
