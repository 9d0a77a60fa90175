import { setImmediate as nextTurn } from 'node:timers/promises'
import { median } from '../harness/median.ts'

/** Something that is done again and again. */
export type Task = () => Promise<unknown>

/** The same work on different databases; the others are compared with the first. */
export interface Comparison {
  readonly title: string
  readonly tasks: readonly Task[]
}

/** What a work costs, as the median of the rounds. */
export interface Cost {
  /** Microseconds of processor time, all threads of this process together. */
  readonly cpu: number
  /** Microseconds on the clock. */
  readonly clock: number
  /** The same as so many times what the first work costs in the same round. */
  readonly ratio: { readonly cpu: number; readonly clock: number }
}

export interface Outcome {
  readonly title: string
  readonly costs: readonly Cost[]
}

type Sample = Pick<Cost, 'cpu' | 'clock'>

/** Milliseconds that a round of one work takes, and at which a work counts as warm. */
const [ROUND_LENGTH, WARM_UP_LENGTH] = [20, 300]

/** Does a work for a while, until its time is known. */
async function warmUp(task: Task): Promise<number> {
  const begin = performance.now()
  let times = 0
  for (; performance.now() - begin < WARM_UP_LENGTH; times += 1) await task()
  return Math.max(1, Math.round((times * ROUND_LENGTH) / WARM_UP_LENGTH))
}

async function measureCost(task: Task, times: number): Promise<Sample> {
  const [begin, before] = [performance.now(), process.cpuUsage()]
  for (let remaining = times; remaining > 0; remaining -= 1) await task()
  const { user, system } = process.cpuUsage(before)
  return { cpu: (user + system) / times, clock: ((performance.now() - begin) * 1000) / times }
}

/** Lets the works take turns, so that whatever else the machine does meets them alike. */
export async function runComparison({ title, tasks: works }: Comparison, rounds: number): Promise<Outcome> {
  const orderedTasks = [...works.entries()]
  const times = await runInTurn(orderedTasks, warmUp)
  const samples: Sample[][] = []
  for (let round = 0; round < rounds; round += 1)
    // There and back, for the first one may find what the last one left behind.
    samples.push(
      await runInTurn(orderedTasks.reverse(), (task, index) => measureCost(task, times[index] as number))
    )

  const costs = works.map((_, index) => {
    const own = samples.map(sample => sample[index] as Sample)
    const first = samples.map(([sample]) => sample as Sample)
    const ratio = (name: keyof Sample) =>
      median(own.map((sample, round) => sample[name] / (first[round] as Sample)[name]))
    return {
      cpu: median(own.map(({ cpu }) => cpu)),
      clock: median(own.map(({ clock }) => clock)),
      ratio: { cpu: ratio('cpu'), clock: ratio('clock') }
    }
  })
  return { title, costs }
}

async function runInTurn<Result>(
  orderedTasks: readonly [number, Task][],
  run: (task: Task, index: number) => Promise<Result>
): Promise<Result[]> {
  const results: Result[] = []
  for (const [index, task] of orderedTasks) {
    results[index] = await run(task, index)
    // Where the event loop lags behind, requests are turned away.
    await nextTurn()
  }
  return results
}
