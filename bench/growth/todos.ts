import { setTimeout as sleep } from 'node:timers/promises'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config/config.ts'
import { sorts } from '../../src/todos/query/sort.ts'
import { formatTable } from '../comparison/report.ts'
import { type Comparison, type Outcome, runComparison, type Task } from './comparison.ts'
import { fill } from './fill.ts'
import { createPopulation, generateTodos, type Population } from './population.ts'
import { createRefreshTasks, TTL } from './refresh-tasks.ts'
import { createRequestTasks } from './request-tasks.ts'
import { type App, CONCURRENCY, createTodoTasks } from './todo-tasks.ts'

/** What the issue of growth is measured by: as many times as long as with few rows may it take with many. */
const MAX_RATIO = 1.3
const [PAGE, FEW_TODOS, SOME_TODOS, OTHERS_TODOS] = [50, 10, 220, 200]
/** How many todos others have, as a part of those of the user who has most. */
const OTHERS_SHARE = 0.2
/** Milliseconds after which requests are no longer turned away because the event loop has lagged behind. */
const RECOVERY_PAUSE = 3000
/** How far down the list a deep page is, as a part of all. */
const DEPTH = 0.99

export interface GrowthOptions {
  readonly rows: number
  readonly rounds: number
  /** What counts: the processor's time where the database is part of this process, the clock where it is a server. */
  readonly costMetric: 'cpu' | 'clock'
}

/** Two databases to be made, empty as yet: for few todos and for many. */
export interface DatabaseUrls {
  readonly small: string
  readonly large: string
}

/** A database with crowds in it, open. */
async function openDatabase(
  url: string,
  populations: readonly Population[],
  showProgress: (what: string) => void
) {
  let time = Date.now()
  const config = readConfig({
    DATABASE_URL: url,
    JWT_SECRET: 'a secret that only the bench signs with',
    ACCESS_TOKEN_TTL: `${TTL}`,
    MAX_SESSIONS: '1000',
    RATE_LIMIT: 'off',
    MAIL_URL: 'off',
    LOG_LEVEL: 'silent'
  })
  const open = () => buildApp({ config, clock: () => new Date(time) })
  const empty = await open()
  await empty.close()
  await fill(url, {
    users: populations.flatMap(({ users }) => users),
    todos: generateTodos(populations, new Date(time)),
    onProgress: todos => showProgress(`${todos} todos`)
  })
  const app = await open()
  // A page is to be read each time: no cache is asked with the same key twice.
  Object.assign(app.store, {
    createTextCache: () => (_user: string, _what: string, read: () => unknown) => read()
  })
  await app.ready()
  const advanceTime = () => {
    time += TTL * 1000
  }
  return { app, pass: advanceTime }
}

type Tasks = Awaited<ReturnType<typeof createAllTasks>>

async function createAllTasks(app: App, population: Population, advanceTime: () => void) {
  return {
    ...createTodoTasks(app, population),
    ...(await createRequestTasks(app, population, PAGE)),
    ...(await createRefreshTasks(app, population, advanceTime)),
    crowd: population
  }
}

const writes = {
  create: 'create, and delete for good',
  createTogether: `the same, ${CONCURRENCY} at once`,
  patch: 'PATCH',
  refresh: 'refresh',
  refreshTogether: `${CONCURRENCY} refreshes at once`
} as const

/** Pages are compared with those of somebody who has enough todos for a page. The last ones let time pass. */
async function* createComparisons(
  few: Tasks,
  some: Tasks,
  one: Tasks,
  many: Tasks
): AsyncGenerator<Comparison> {
  const all = (base: Tasks, selectTask: (works: Tasks) => Task) => [base, one, many].map(selectTask)
  yield { title: 'one todo', tasks: all(few, works => works.get) }

  for (const filter of [{}, { done: true }])
    for (const sort of sorts.filter(sort => !sort.startsWith('-'))) {
      const query = { limit: PAGE, sort, ...filter }
      const what = `by ${sort}${'done' in filter ? ', those done' : ''}`
      yield { title: `first page ${what}`, tasks: all(some, works => works.firstPage(query)) }
      const depth = Math.round(one.crowd.todosEach * DEPTH)
      const deep = [await some.deepPage(query, some.crowd.todosEach / 2), await one.deepPage(query, depth)]
      yield { title: `page at ${depth} ${what}`, tasks: deep }
    }

  yield { title: 'one todo, as a request', tasks: all(few, works => works.getByRequest) }
  yield { title: `page of ${PAGE}, as a request`, tasks: all(some, works => works.pageByRequest) }

  for (const [name, title] of Object.entries(writes) as [keyof typeof writes, string][])
    yield { title, tasks: all(few, works => works[name]) }
}

/**
 * Compares what requests cost with few todos and with many: of one user, and of others among them.
 * @returns a table, which says how many times as long each takes
 */
export async function compareTodos(
  { small, large }: DatabaseUrls,
  { rows, rounds, costMetric: by }: GrowthOptions,
  showProgress: (what: string) => void
): Promise<string> {
  const now = new Date()
  const [few, some] = [
    createPopulation('few', 1, FEW_TODOS, now),
    createPopulation('some', 1, SOME_TODOS, now)
  ]
  const one = createPopulation('one', 1, rows, now)
  const many = createPopulation('many', Math.ceil((rows * OTHERS_SHARE) / OTHERS_TODOS), OTHERS_TODOS, now)

  const little = await openDatabase(small, [few, some], showProgress)
  const big = await openDatabase(large, [one, many], showProgress)
  const outcomes: Outcome[] = []
  try {
    const comparisons = createComparisons(
      await createAllTasks(little.app, few, little.pass),
      await createAllTasks(little.app, some, little.pass),
      await createAllTasks(big.app, one, big.pass),
      await createAllTasks(big.app, many, big.pass)
    )
    await sleep(RECOVERY_PAUSE)
    for await (const comparison of comparisons) {
      showProgress(comparison.title)
      outcomes.push(await runComparison(comparison, rounds))
    }
  } finally {
    showProgress('')
    await little.app.close()
    await big.app.close()
  }
  const crowds = [`of ${one.todosEach}`, `of ${OTHERS_TODOS}, of ${many.users.length} users`]
  const head = [
    'µs of processor time',
    'few todos',
    ...crowds.flatMap(crowd => [crowd, 'times', 'by the clock']),
    `≤ ${MAX_RATIO}`
  ]
  return formatTable([head, ...outcomes.map(outcome => toRow(outcome, by))])
}

function toRow({ title, costs }: Outcome, costMetric: GrowthOptions['costMetric']): string[] {
  const [base, ...others] = costs
  const isMet = others.every(({ ratio: times }) => times[costMetric] <= MAX_RATIO)
  // Others have no page that far down.
  const cells = [others[0], others[1]].flatMap(cost =>
    cost ? [cost.cpu.toFixed(0), cost.ratio.cpu.toFixed(2), cost.ratio.clock.toFixed(2)] : ['', '', '']
  )
  return [title, base?.cpu.toFixed(0) ?? '', ...cells, isMet ? 'yes' : 'no']
}
