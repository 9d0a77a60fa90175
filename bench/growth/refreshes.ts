import { parseArgs } from 'node:util'
import { count, sql } from 'drizzle-orm'
import { buildApp } from '../src/app.ts'
import type { TokenPair } from '../src/auth/token-pairs.ts'
import type { VerifiedUser } from '../src/auth/users.ts'
import { readConfig } from '../src/config.ts'
import { janitorOf } from '../src/janitor.ts'

/*
 * Shows that refreshing takes no storage and does not slow down: `npm run bench:growth -- [--refreshes 1000000]`.
 *
 * In one process, on a database in memory, under a clock that is moved. Each user refreshes as soon as the access token
 * has expired, and signs out and in again once a day; the janitor cleans every hour. What has ended is kept for a day,
 * so the tables have their size after the first two days, which are not counted.
 */

const USERS = 50
const DAY = 86_400
const TTL = 300
/** Refreshes of a user in a day, and in an hour. */
const [DAILY, HOURLY] = [DAY / TTL, 3600 / TTL]
/** Rounds, of a refresh by each user, over which the speed is taken. */
const SAMPLE = 400

const DEVICE = { ip: '127.0.0.1', userAgent: null }

const { values } = parseArgs({ options: { refreshes: { type: 'string', default: '1000000' } } })
const rounds = Math.ceil(Number(values.refreshes) / USERS)

let time = Date.parse('2026-01-01T00:00:00.000Z')
const config = readConfig({
  DATABASE_URL: ':memory:',
  ACCESS_TOKEN_TTL: `${TTL}`,
  SESSION_RETENTION: `${DAY}`,
  EVENT_RETENTION: `${DAY}`,
  RATE_LIMIT: 'off',
  LOG_LEVEL: 'silent'
})
const app = await buildApp({ config, clock: () => new Date(time) })
await app.ready()
const clean = janitorOf(app.store, config)

async function signUp(username: string): Promise<{ user: VerifiedUser; pair: TokenPair }> {
  const password = 'correct horse battery staple'
  const user = await app.users.register({ username, email: `${username}@example.org`, password })
  return { user, pair: await app.sessions.start(user, DEVICE) }
}
const people = await Promise.all(Array.from({ length: USERS }, (_, index) => signUp(`user${index}`)))

let past = 0
/** Everybody refreshes once; some are due to sign in anew. */
async function round() {
  past += 1
  time += TTL * 1000
  for (const [index, person] of people.entries()) {
    person.pair = await app.sessions.refresh({ ...person.pair, device: DEVICE })
    if ((past + index) % DAILY > 0) continue
    await app.sessions.logout(person.pair.accessToken, 'local', DEVICE)
    person.pair = await app.sessions.start(person.user, DEVICE)
  }
  if (past % HOURLY === 0) await clean()
  if (process.stdout.isTTY && past % 100 === 0) process.stdout.write(`${past * USERS} refreshes\r`)
}

/** @returns how many refreshes a second there were in the last rounds */
async function play(rounds: number): Promise<number> {
  const sample = Math.min(rounds, SAMPLE)
  for (let left = rounds; left > sample; left -= 1) await round()
  const began = performance.now()
  for (let left = sample; left > 0; left -= 1) await round()
  return Math.round((sample * USERS * 1000) / (performance.now() - began))
}

async function sizes(): Promise<number[]> {
  const { db, tables } = app.store
  const rows: number[] = []
  for (const table of Object.values(tables)) {
    const [row] = await db.select({ size: count() }).from(table).execute()
    rows.push(Number(row?.size))
  }
  const [row] = await db
    .select({ bytes: sql`page_count * page_size` })
    .from(sql`pragma_page_count, pragma_page_size`)
    .execute()
  return [...rows, Number(row?.bytes)]
}

const print = (cells: unknown[]) =>
  process.stdout.write(`${cells.map(cell => String(cell).padStart(12)).join('')}\n`)

print(['', ...Object.keys(app.store.tables), 'bytes', 'refreshes/s'])
const half = Math.ceil(rounds / 2)
for (const [name, more] of [
  ['before', 2 * DAILY + HOURLY],
  ['half', half],
  ['end', rounds - half]
] as const) {
  const speed = await play(more)
  await clean()
  print([name, ...(await sizes()), speed])
}
process.stdout.write(`${rounds * USERS} refreshes by ${USERS} users in between\n`)
await app.close()
