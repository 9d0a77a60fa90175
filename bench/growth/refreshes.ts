import { count, sql } from 'drizzle-orm'
import { buildApp } from '../../src/app.ts'
import type { TokenPair } from '../../src/auth/tokens/token-pairs.ts'
import type { VerifiedUser } from '../../src/auth/user.ts'
import { readConfig } from '../../src/config/config.ts'
import { allTables, retentionRules } from '../../src/features.ts'
import { createJanitor } from '../../src/jobs/janitor.ts'
import { formatTable } from '../comparison/report.ts'
import { runComparison } from './comparison.ts'
import { type App, DEVICE } from './todo-tasks.ts'

/*
 * Shows that refreshes take no storage and do not slow down.
 *
 * In one process, on a database in memory, under a clock that is moved. Each user refreshes as soon as the access token
 * has expired, and signs out and in again once a day; the janitor cleans every hour. What has ended is kept for a day,
 * so the tables have their size after the first two days.
 */

const USERS = 50
const DAY = 86_400
const TTL = 300
/** Refreshes of a user in a day, and in an hour. */
const [DAILY, HOURLY] = [DAY / TTL, 3600 / TTL]
/** Refreshes in the first two days, after which the tables have their size. */
const SETTLING_REFRESHES = (2 * DAILY + HOURLY) * USERS

/** Users who refresh, in their own database. */
async function createRefreshingUsers() {
  let time = Date.parse('2026-01-01T00:00:00.000Z')
  const config = readConfig({
    DATABASE_URL: ':memory:',
    ACCESS_TOKEN_TTL: `${TTL}`,
    SESSION_RETENTION: `${DAY}`,
    EVENT_RETENTION: `${DAY}`,
    RATE_LIMIT: 'off',
    MAIL_URL: 'off',
    LOG_LEVEL: 'silent'
  })
  const app = await buildApp({ config, clock: () => new Date(time) })
  await app.ready()
  const removeExpired = createJanitor(app.store, config, retentionRules)
  const people = await Promise.all(Array.from({ length: USERS }, (_, index) => signUp(app, `user${index}`)))
  let rounds = 0

  async function refresh(person: Person, index: number) {
    person.pair = await app.sessions.refresh({ ...person.pair, client: DEVICE })
    if ((rounds + index) % DAILY > 0) return
    await app.sessions.logout(person.pair.accessToken, 'local', DEVICE)
    person.pair = await app.sessions.start(person.user, DEVICE)
  }

  return {
    app,
    /** Each user refreshes once; some sign in again. */
    async round() {
      rounds += 1
      time += TTL * 1000
      await Promise.all(people.map(refresh))
      if (rounds % HOURLY === 0) await removeExpired()
    }
  }
}

interface Person {
  readonly user: VerifiedUser
  pair: TokenPair
}

async function signUp({ accounts }: App, username: string): Promise<Person> {
  const password = 'correct horse battery staple'
  const pair = await accounts.register({ username, email: `${username}@example.org`, password }, DEVICE)
  return { user: { ...pair.user, passwordVersion: 0 }, pair }
}

/** How many rows the tables of sign-ins have, and how many bytes the database. */
async function readSizes({ store: { db, kit } }: App): Promise<string[]> {
  const sizes: unknown[] = []
  const { sessions, events } = allTables(kit)
  for (const from of [sessions, events]) {
    const [row] = await db.select({ size: count() }).from(from).execute()
    sizes.push(row?.size)
  }
  const [row] = await db
    .select({ bytes: sql`page_count * page_size` })
    .from(sql`pragma_page_count, pragma_page_size`)
    .execute()
  return [...sizes, row?.bytes].map(String)
}

/**
 * Compares a database in which very many refreshes were done with a new one.
 * @returns a table of sizes, and how many times as long a refresh takes in the old one
 */
export async function compareRefreshes(
  refreshes: number,
  rounds: number,
  showProgress: (what: string) => void
): Promise<string> {
  const [old, fresh] = [await createRefreshingUsers(), await createRefreshingUsers()]
  const rows = [['after refreshes', 'sessions', 'events', 'bytes']]
  let done = 0
  async function runRefreshes(group: typeof old, more: number) {
    for (let left = Math.ceil(more / USERS); left > 0; left -= 1) {
      await group.round()
      if (group === old) done += USERS
      if (left % 100 === 0) showProgress(`${done} refreshes`)
    }
  }
  await runRefreshes(fresh, SETTLING_REFRESHES)
  for (const more of [SETTLING_REFRESHES, refreshes / 2, refreshes / 2]) {
    await runRefreshes(old, more)
    rows.push([`${done}`, ...(await readSizes(old.app))])
  }
  const { costs } = await runComparison({ title: 'refresh', tasks: [fresh.round, old.round] }, rounds)
  showProgress('')
  await old.app.close()
  await fresh.app.close()
  const [before, after] = costs.map(({ cpu }) => (cpu / USERS).toFixed(0))
  return `${formatTable(rows)}\nA refresh takes ${after} µs of processor time, in a new database ${before}: ${costs[1]?.ratio.cpu.toFixed(2)} times as much.\n`
}
