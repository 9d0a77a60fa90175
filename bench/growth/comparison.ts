import { setImmediate as nextTurn } from 'node:timers/promises'
import { median } from '../harness/median.ts'

/** A task that is repeated. */
export type Task = () => Promise<unknown>

/** The same task on different databases. The first one is the base. */
export interface Comparison {
  readonly title: string
  readonly tasks: readonly Task[]
}

/** The cost of a task: medians of the rounds. */
export interface Cost {
  /** Microseconds of processor time, all threads of this process together. */
  readonly cpu: number
  /** Microseconds on the clock. */
  readonly clock: number
  /** The cost as a factor of the base's cost in the same round. */
  readonly ratio: { readonly cpu: number; readonly clock: number }
}

export interface Outcome {
  readonly title: string
  readonly costs: readonly Cost[]
}

type Sample = Pick<Cost, 'cpu' | 'clock'>

/** Milliseconds of a round of one task, and of its warm-up. */
const [ROUND_LENGTH, WARM_UP_LENGTH] = [20, 300]

/** Warms a task up. @returns the repetitions that fill a round */
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

/** Runs the tasks in turn, so that other load on the machine affects all of them. */
export async function runComparison({ title, tasks: works }: Comparison, rounds: number): Promise<Outcome> {
  const orderedTasks = [...works.entries()]
  const times = await runInTurn(orderedTasks, warmUp)
  const samples: Sample[][] = []
  for (let round = 0; round < rounds; round += 1)
    // Alternates the order: a task may profit from what the task before left in caches.
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
    // A lagging event loop would refuse requests.
    await nextTurn()
  }
  return results
}
