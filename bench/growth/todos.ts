import { setTimeout as sleep } from 'node:timers/promises'
import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { sorts } from '../../src/todos/list.ts'
import { table } from '../report.ts'
import { fill } from './bulk.ts'
import { type Contest, hold, type Outcome, type Work } from './contest.ts'
import { type Crowd, crowdOf, todosOfAll } from './crowd.ts'
import { refreshingOf, TTL } from './refreshing.ts'
import { requestsOf } from './requests.ts'
import { type App, TOGETHER, worksOf } from './works.ts'

/** What the issue of growth is measured by: as many times as long as with few rows may it take with many. */
const MOST = 1.3
const [PAGE, FEW, SOME, EACH] = [50, 10, 220, 200]
/** How many todos others have, as a part of those of the user who has most. */
const OTHERS = 0.2
/** Milliseconds after which requests are no longer turned away because the event loop has lagged behind. */
const REST = 3000
/** How far down the list a deep page is, as a part of all. */
const DEPTH = 0.99

export interface Extent {
  readonly rows: number
  readonly rounds: number
  /** What counts: the processor's time where the database is part of this process, the clock where it is a server. */
  readonly by: 'cpu' | 'clock'
}

/** Two databases to be made, empty as yet: for few todos and for many. */
export interface Places {
  readonly small: string
  readonly large: string
}

/** A database with crowds in it, open. */
async function start(url: string, crowds: readonly Crowd[], tell: (what: string) => void) {
  let time = Date.now()
  const config = readConfig({
    DATABASE_URL: url,
    JWT_SECRET: 'a secret that only the bench signs with',
    ACCESS_TOKEN_TTL: `${TTL}`,
    MAX_SESSIONS: '1000',
    RATE_LIMIT: 'off',
    LOG_LEVEL: 'silent'
  })
  const open = () => buildApp({ config, clock: () => new Date(time) })
  const empty = await open()
  await empty.close()
  await fill(url, {
    users: crowds.flatMap(({ users }) => users),
    todos: todosOfAll(crowds, new Date(time)),
    told: todos => tell(`${todos} todos`)
  })
  const app = await open()
  // A page is to be read each time.
  Object.assign(app.store, { rememberedText: (_user: string, _what: string, read: () => unknown) => read() })
  await app.ready()
  const pass = () => {
    time += TTL * 1000
  }
  return { app, pass }
}

type Works = Awaited<ReturnType<typeof worksOfAll>>

async function worksOfAll(app: App, crowd: Crowd, pass: () => void) {
  return {
    ...worksOf(app, crowd),
    ...(await requestsOf(app, crowd, PAGE)),
    ...(await refreshingOf(app, crowd, pass)),
    crowd
  }
}

const writes = {
  create: 'create, and delete for good',
  createTogether: `the same, ${TOGETHER} at once`,
  patch: 'PATCH',
  refresh: 'refresh',
  refreshTogether: `${TOGETHER} refreshes at once`
} as const

/** Pages are compared with those of somebody who has enough todos for a page. The last ones let time pass. */
async function* contestsOf(few: Works, some: Works, one: Works, many: Works): AsyncGenerator<Contest> {
  const all = (base: Works, of: (works: Works) => Work) => [base, one, many].map(of)
  yield { title: 'one todo', works: all(few, works => works.get) }

  for (const filter of [{}, { done: true }])
    for (const sort of sorts.filter(sort => !sort.startsWith('-'))) {
      const query = { limit: PAGE, sort, ...filter }
      const what = `by ${sort}${'done' in filter ? ', those done' : ''}`
      yield { title: `first page ${what}`, works: all(some, works => works.firstPage(query)) }
      const depth = Math.round(one.crowd.todosEach * DEPTH)
      const deep = [await some.deepPage(query, some.crowd.todosEach / 2), await one.deepPage(query, depth)]
      yield { title: `page at ${depth} ${what}`, works: deep }
    }

  yield { title: 'one todo, as a request', works: all(few, works => works.getByRequest) }
  yield { title: `page of ${PAGE}, as a request`, works: all(some, works => works.pageByRequest) }

  for (const [name, title] of Object.entries(writes) as [keyof typeof writes, string][])
    yield { title, works: all(few, works => works[name]) }
}

/**
 * Compares what requests cost with few todos and with many: of one user, and of others among them.
 * @returns a table, which says how many times as long each takes
 */
export async function compareTodos(
  { small, large }: Places,
  { rows, rounds, by }: Extent,
  tell: (what: string) => void
): Promise<string> {
  const now = new Date()
  const [few, some] = [crowdOf('few', 1, FEW, now), crowdOf('some', 1, SOME, now)]
  const one = crowdOf('one', 1, rows, now)
  const many = crowdOf('many', Math.ceil((rows * OTHERS) / EACH), EACH, now)

  const little = await start(small, [few, some], tell)
  const big = await start(large, [one, many], tell)
  const outcomes: Outcome[] = []
  try {
    const contests = contestsOf(
      await worksOfAll(little.app, few, little.pass),
      await worksOfAll(little.app, some, little.pass),
      await worksOfAll(big.app, one, big.pass),
      await worksOfAll(big.app, many, big.pass)
    )
    await sleep(REST)
    for await (const contest of contests) {
      tell(contest.title)
      outcomes.push(await hold(contest, rounds))
    }
  } finally {
    tell('')
    await little.app.close()
    await big.app.close()
  }
  const crowds = [`of ${one.todosEach}`, `of ${EACH}, of ${many.users.length} users`]
  const head = [
    'µs of processor time',
    'few todos',
    ...crowds.flatMap(crowd => [crowd, 'times', 'by the clock']),
    `≤ ${MOST}`
  ]
  return table([head, ...outcomes.map(outcome => lineOf(outcome, by))])
}

function lineOf({ title, costs }: Outcome, by: Extent['by']): string[] {
  const [base, ...others] = costs
  const isMet = others.every(({ times }) => times[by] <= MOST)
  // Others have no page that far down.
  const cells = [others[0], others[1]].flatMap(cost =>
    cost ? [cost.cpu.toFixed(0), cost.times.cpu.toFixed(2), cost.times.clock.toFixed(2)] : ['', '', '']
  )
  return [title, base?.cpu.toFixed(0) ?? '', ...cells, isMet ? 'yes' : 'no']
}
