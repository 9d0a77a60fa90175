import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import pg from 'pg'
import t, { type Test } from 'tap'
import { UUID } from 'uuidv7'
import storePlugin from '../../plugins/database.ts'
import retention from '../../plugins/ops/retention.ts'
import type { AuditEventRow, SessionRow } from '../../src/auth/tables.ts'
import { readConfig } from '../../src/config/config.ts'
import { openStore, type Store, toMinId } from '../../src/db/store.ts'
import { allTables, retentionRules } from '../../src/features.ts'
import { createJanitor } from '../../src/jobs/janitor.ts'
import { defaults } from '../../src/todos/content/content.ts'
import { toRow } from '../../src/todos/todo.ts'
import { emptyDatabase } from '../support/databases.ts'
import { run } from '../support/process.ts'
import { SECRET } from '../support/service.ts'

const DAY = 86_400_000
const NOW = Date.parse('2026-06-01T12:00:00.000Z')
const config = readConfig({ SESSION_RETENTION: '2592000', EVENT_RETENTION: '7776000' })
const nothing = {
  mails: 0,
  sessions: 0,
  events: 0,
  throttles: 0,
  challenges: 0,
  formerEmails: 0,
  personalAccessTokens: 0,
  totpFactors: 0,
  spentChallenges: 0,
  tombstones: 0,
  lists: 0,
  todos: 0,
  idempotencyKeys: 0
}
const NOTHING_ELSE =
  '0 events, 0 throttles, 0 challenges, 0 former emails, 0 personal access tokens, 0 totp factors, 0 spent challenges, 0 tombstones, 0 lists, 0 todos, 0 idempotency keys'
/** The todo that is there from the start. */
const TODO = '01a20996-fb6c-78b7-96ed-227b58a269d2'
const log = { warn() {} }

/** A database that several may open: a file, or a server's. */
async function sharedDatabase(t: Test, folder = t.testdir()): Promise<string> {
  const url = await emptyDatabase(t)
  return url === ':memory:' ? `file:${folder}/latchkey.db` : url
}

/** A store with a user who has a todo. */
async function open(t: Test, url: string, now = NOW): Promise<Store> {
  const store = await openStore({ url, poolMax: 2, now: () => new Date(now), log })
  t.teardown(() => store.close())
  const at = new Date(now)
  const account = { username: 'ada', usernameKey: 'ada', email: 'a@b.example', emailKey: 'a@b.example' }
  const content = { ...defaults, title: 'x' }
  const todo = { ...toRow(content, { id: TODO, userId: 'ada', now: at }), changeNumber: 0 }
  const { users, todos } = allTables(store.kit)
  await store.db
    .insert(users)
    .values({ id: 'ada', ...account, passwordHash: '', createdAt: new Date(0) })
    .onConflictDoNothing()
    .execute()
  await store.db
    .insert(todos)
    .values({ ...todo, updatedAt: new Date(0) })
    .onConflictDoNothing()
    .execute()
  return store
}

const later = (milliseconds: number, now = NOW) => new Date(now + milliseconds)

/** A session of long ago that is live, unless it is said otherwise. */
const session = (id: string, fields: Partial<SessionRow> = {}) => ({
  id,
  userId: 'ada',
  generation: 1,
  createdAt: new Date(0),
  rotatedAt: new Date(0),
  idleExpiresAt: later(1),
  absoluteExpiresAt: later(DAY),
  ...fields
})
const event = (id: string, fields: Partial<AuditEventRow> = {}) => ({
  id,
  userId: 'ada',
  type: 'signed_in' as const,
  createdAt: new Date(0),
  ...fields
})
const throttle = (id: string, updatedAt: Date) => ({
  id,
  failures: 9,
  blockedUntil: new Date(0),
  updatedAt
})

const mail = (id: string, expiresAt: Date) => ({
  id,
  kind: 'invitation',
  address: 'b@b.example',
  data: {},
  createdAt: new Date(0),
  dueAt: new Date(0),
  attempts: 1,
  expiresAt
})
const challenge = (id: string, expiresAt: Date) => ({
  id,
  challengeId: id,
  purpose: 'invitation' as const,
  email: 'b@b.example',
  tries: 0,
  triesEndAt: new Date(0),
  expiresAt
})

async function idsIn(
  { db, kit }: Store,
  name: Exclude<keyof ReturnType<typeof allTables>, 'bulkUpdates' | 'changeSequences'>
): Promise<string[]> {
  const table = allTables(kit)[name]
  const rows = await db.select({ id: table.id }).from(table).execute()
  return rows.map(({ id }) => id).sort()
}

/** As many sessions as that, all to be removed: those that ended first expired last. */
async function fill({ db, kit }: Store, count: number, now = NOW) {
  const rows = Array.from({ length: count }, (_, index) =>
    session(`session${index}`, {
      endedAt: later(-60 * DAY + index, now),
      idleExpiresAt: later(-60 * DAY - index, now)
    })
  )
  await db.insert(allTables(kit).sessions).values(rows).execute()
}

t.test('what is kept for long enough goes, to the millisecond; what lives stays', async t => {
  const store = await open(t, await emptyDatabase(t))
  const { db, kit } = store
  const tables = allTables(kit)
  await db
    .insert(tables.sessions)
    .values([
      session('live'),
      session('ended, kept', { endedAt: later(-30 * DAY) }),
      session('ended, gone', { endedAt: later(-30 * DAY - 1) }),
      session('expired, kept', { idleExpiresAt: later(-30 * DAY), absoluteExpiresAt: later(-30 * DAY) }),
      session('expired, gone', { idleExpiresAt: later(-30 * DAY - 1) }),
      session('too old, gone', {
        idleExpiresAt: later(-30 * DAY - 1),
        absoluteExpiresAt: later(-30 * DAY - 1)
      }),
      session('both, gone', { idleExpiresAt: later(-31 * DAY), endedAt: later(-31 * DAY) })
    ])
    .execute()
  const first = toMinId(later(-90 * DAY))
  const last = UUID.fromFieldsV7(NOW - 90 * DAY - 1, 0xfff, 2 ** 30 - 1, 2 ** 32 - 1).toString()
  t.ok(last < first)
  await db
    .insert(tables.events)
    .values([event(first, { sessionId: 'ended, gone' }), event(last), event(store.newId())])
    .execute()
  await db
    .insert(tables.throttles)
    .values([throttle('kept', later(-DAY)), throttle('gone', later(-DAY - 1)), throttle('new', later(0))])
    .execute()
  const trashed = (deletedAt: Date) => ({
    ...toRow({ ...defaults, title: 'x' }, { id: store.newId(), userId: 'ada', now: new Date(0) }),
    changeNumber: 0,
    deletedAt
  })
  const [kept, gone] = [trashed(later(-30 * DAY)), trashed(later(-30 * DAY - 1))]
  await db.insert(tables.todos).values([kept, gone]).execute()
  const answer = { userId: 'ada', fingerprint: '', answer: {} }
  await db
    .insert(tables.idempotencyKeys)
    .values([
      { ...answer, id: 'kept', createdAt: later(-DAY) },
      { ...answer, id: 'gone', createdAt: later(-DAY - 1) }
    ])
    .execute()
  await db
    .insert(tables.mails)
    .values([mail('kept', later(-7 * DAY)), mail('gone', later(-7 * DAY - 1))])
    .execute()
  await db
    .insert(tables.challenges)
    .values([challenge('kept', later(-DAY)), challenge('gone', later(-DAY - 1))])
    .execute()
  const former = { userId: 'ada', email: 'b@b.example', emailKey: 'b@b.example' }
  await db
    .insert(tables.formerEmails)
    .values([
      { ...former, id: 'kept', expiresAt: later(0) },
      { ...former, id: 'gone', expiresAt: later(-1) }
    ])
    .execute()
  const factor = { userId: 'ada', sealedSeed: '', lastStep: 0 }
  await db
    .insert(tables.totpFactors)
    .values([
      { ...factor, id: 'kept', createdAt: later(-DAY) },
      { ...factor, id: 'gone', createdAt: later(-DAY - 1) },
      { ...factor, id: 'confirmed', createdAt: later(-99 * DAY), confirmedAt: later(-99 * DAY) }
    ])
    .execute()
  await db
    .insert(tables.spentChallenges)
    .values([
      { id: 'kept', failures: 1, expiresAt: later(0) },
      { id: 'gone', failures: 1, expiresAt: later(-1) }
    ])
    .execute()
  const token = { userId: 'ada', name: 'script', scopes: [], createdAt: later(-60 * DAY), lastUsedAt: null }
  await db
    .insert(tables.personalAccessTokens)
    .values([
      { ...token, id: 'kept', tokenHash: 'kept', expiresAt: later(-30 * DAY) },
      { ...token, id: 'gone', tokenHash: 'gone', expiresAt: later(-30 * DAY - 1) }
    ])
    .execute()
  const tombstone = { userId: 'ada', type: 'todo', changeNumber: 7 }
  await db.insert(tables.changeSequences).values({ userId: 'ada', value: 7, floor: 0 })
  await db
    .insert(tables.tombstones)
    .values([
      { ...tombstone, id: 'kept', deletedAt: later(-90 * DAY) },
      { ...tombstone, id: 'gone', deletedAt: later(-90 * DAY - 1) }
    ])
    .execute()

  const clean = createJanitor(store, config, retentionRules)
  t.strictSame(await clean(), {
    mails: 1,
    sessions: 4,
    events: 1,
    throttles: 1,
    challenges: 1,
    formerEmails: 1,
    personalAccessTokens: 1,
    totpFactors: 1,
    spentChallenges: 1,
    tombstones: 1,
    lists: 0,
    todos: 1,
    idempotencyKeys: 1
  })
  t.strictSame(await idsIn(store, 'sessions'), ['ended, kept', 'expired, kept', 'live'])
  t.equal((await idsIn(store, 'events')).length, 2)
  t.ok((await idsIn(store, 'events')).includes(first))
  t.strictSame(await idsIn(store, 'throttles'), ['kept', 'new'])
  t.strictSame(await idsIn(store, 'users'), ['ada'], 'the account is not touched')
  t.strictSame(await idsIn(store, 'todos'), [TODO, kept.id].sort())
  t.strictSame(await idsIn(store, 'idempotencyKeys'), ['kept'])
  t.strictSame(await idsIn(store, 'mails'), ['kept'])
  t.strictSame(await idsIn(store, 'challenges'), ['kept'])
  t.strictSame(await idsIn(store, 'formerEmails'), ['kept'])
  t.strictSame(await idsIn(store, 'personalAccessTokens'), ['kept'])
  t.strictSame(await idsIn(store, 'totpFactors'), ['confirmed', 'kept'])
  t.strictSame(await idsIn(store, 'spentChallenges'), ['kept'])
  t.strictSame(await idsIn(store, 'tombstones'), ['kept', gone.id].sort())
  t.strictSame(await clean(), nothing, 'and then there is nothing left to do')
})

t.test('the retention is what is configured', async t => {
  const store = await open(t, await emptyDatabase(t))
  const { db, kit } = store
  const tables = allTables(kit)
  await db
    .insert(tables.sessions)
    .values(session('a', { endedAt: later(-1001) }))
    .execute()
  await db
    .insert(tables.events)
    .values([event(toMinId(later(-2001))), event(toMinId(later(-2000)))])
    .execute()
  const clean = createJanitor(
    store,
    readConfig({ SESSION_RETENTION: '1', EVENT_RETENTION: '2' }),
    retentionRules
  )
  t.strictSame(await clean(), { ...nothing, sessions: 1, events: 1 })
})

t.test('more than a batch goes batch by batch, and others come in between', async t => {
  const store = await open(t, await emptyDatabase(t))
  await fill(store, 401)
  const removed: number[] = []
  const seen: Promise<string[]>[] = []
  function onProgress(table: string, rows: number) {
    if (table !== 'sessions') return
    removed.push(rows)
    // The connection of the batch has just become free, so the read need not wait for a new one.
    seen.push(idsIn(store, 'sessions'))
  }
  t.strictSame(await createJanitor(store, config, retentionRules)({ onProgress }), {
    ...nothing,
    sessions: 401
  })
  t.strictSame(removed.slice(0, 21), [...Array.from({ length: 20 }, (_, index) => 20 * (index + 1)), 401])
  const sizes = new Set((await Promise.all(seen)).map(({ length }) => length))
  t.ok(sizes.size > 3, `sizes seen meanwhile: ${[...sizes]}`)
  t.strictSame(await idsIn(store, 'sessions'), [])
})

t.test('janitors on one database, with requests that delete the same rows, do not fail', async t => {
  const url = await sharedDatabase(t)
  const store = await open(t, url)
  await fill(store, 300)
  const others = await Promise.all([open(t, url), open(t, url)])
  const { users } = allTables(store.kit)
  let deleted: Promise<unknown> | undefined
  const onProgress = (table: string) => {
    if (table === 'sessions') deleted ??= store.db.delete(users).execute()
  }
  const rounds = await Promise.all(
    [store, ...others].map(each => createJanitor(each, config, retentionRules)({ onProgress }))
  )
  await deleted
  const removed = rounds.reduce((sum, { sessions = 0 }) => sum + sessions, 0)
  t.ok(removed > 0 && removed <= 300, `${removed} went; the rest with the account`)
  t.strictSame(await idsIn(store, 'sessions'), [])
})

const skip = !process.env.TEST_DATABASE_URL && 'needs PostgreSQL'
t.test('a row that somebody is changing is left for the next round', { skip }, async t => {
  const url = await emptyDatabase(t)
  const store = await open(t, url)
  await store.db
    .insert(allTables(store.kit).throttles)
    .values([throttle('touched', later(-2 * DAY)), throttle('gone', later(-2 * DAY))])
    .execute()
  const client = new pg.Client(url)
  await client.connect()
  await client.query('begin')
  await client.query("update throttles set failures = failures where id = 'touched'")
  t.strictSame(await createJanitor(store, config, retentionRules)(), { ...nothing, throttles: 1 })
  await client.query('commit')
  await client.end()
  t.strictSame(await idsIn(store, 'throttles'), ['touched'])
  t.strictSame(await createJanitor(store, config, retentionRules)(), { ...nothing, throttles: 1 })
})

/** The plugin in a service of its own, on a database that the test sees as well. */
async function serviceWith(t: Test, options: { firstDelay?: number; interval?: number }) {
  const url = await sharedDatabase(t)
  const store = await open(t, url)
  const lines: { level: number; msg: string; sessions?: number }[] = []
  const stream = { write: (line: string) => lines.push(JSON.parse(line)) }
  const app = Fastify({ logger: { stream } })
  t.teardown(() => app.close())
  await app.register(storePlugin, {
    config: { ...config, database: { ...config.database, url } },
    poolMax: 1,
    now: () => new Date(NOW)
  })
  await app.register(retention, { config, ...options })
  return { app, store, lines }
}

t.test('the service cleans after a while and then again, and tells what went', async t => {
  const { app, store, lines } = await serviceWith(t, { firstDelay: 5, interval: 5 })
  await fill(store, 3)
  await app.ready()
  while (lines.length === 0) await sleep(5)
  await fill(store, 2)
  while (lines.length === 1) await sleep(5)
  t.match(lines, [
    { level: 30, msg: 'the janitor removed old rows', sessions: Number },
    { level: 30, msg: 'the janitor removed old rows', sessions: Number }
  ])
  while ((await idsIn(store, 'sessions')).length > 0) await sleep(5)
  await app.close()
  const told = lines.length
  await fill(store, 1)
  await sleep(50)
  t.strictSame(await idsIn(store, 'sessions'), ['session0'], 'after the end it does nothing')
  t.equal(lines.length, told, 'a round without work is not told')
})

t.test('an end of the service in a round lets the batch end, and no more', async t => {
  const { app, store, lines } = await serviceWith(t, { firstDelay: 0, interval: 1 })
  await fill(store, 2000)
  await app.ready()
  while ((await idsIn(store, 'sessions')).length === 2000) await sleep(1)
  await app.close()
  const left = (await idsIn(store, 'sessions')).length
  t.ok(left > 0 && left < 2000, `${left} are left`)
  t.match(lines, [{ level: 30, sessions: 2000 - left }])
})

t.test('a round that fails is told, and the next one comes', async t => {
  const { app, store, lines } = await serviceWith(t, { firstDelay: 5, interval: 5 })
  let failures = 2
  const now = app.store.now
  Object.assign(app.store, {
    now() {
      if (failures-- > 0) throw new Error('no time')
      return now()
    }
  })
  await fill(store, 1)
  await app.ready()
  while (lines.length < 3) await sleep(5)
  t.match(lines, [
    { level: 50, msg: 'the janitor failed; it tries again later', err: { message: 'no time' } },
    { level: 50 },
    { level: 30, sessions: 1 }
  ])
})

t.test('by default nothing happens within the first minute', async t => {
  const { app, store } = await serviceWith(t, {})
  await fill(store, 1)
  await app.ready()
  await sleep(50)
  t.strictSame(await idsIn(store, 'sessions'), ['session0'])
})

t.test('latchkey prune does it once, says what went, and may run beside others', async t => {
  const cwd = t.testdir({ '.env': 'SESSION_RETENTION=432000' })
  const DATABASE_URL = await sharedDatabase(t, cwd)
  const now = Date.now()
  const store = await open(t, DATABASE_URL, now)
  const { db, kit } = store
  const tables = allTables(kit)
  await fill(store, 50, now)
  const live = { idleExpiresAt: later(DAY, now), absoluteExpiresAt: later(DAY, now) }
  await db
    .insert(tables.sessions)
    .values([session('live', live), session('kept', { ...live, endedAt: later(-10 * DAY, now) })])
    .execute()
  await db
    .insert(tables.events)
    .values([event(toMinId(later(-91 * DAY, now))), event(toMinId(later(-2 * DAY, now)))])
    .execute()
  const settings = { DATABASE_URL, JWT_SECRET: SECRET }

  const outcomes = await Promise.all([
    run(['prune'], cwd, { ...settings, SESSION_RETENTION: '2592000' }),
    run(['prune'], cwd, { ...settings, SESSION_RETENTION: '2592000' })
  ])
  let sum = 0
  for (const { code, said } of outcomes) {
    t.equal(code, 0)
    const [, sessions] =
      /^0 mails, (\d+) sessions, [01] events, 0 throttles, 0 challenges, 0 former emails, 0 personal access tokens, 0 totp factors, 0 spent challenges, 0 tombstones, 0 lists, 0 todos, 0 idempotency keys removed\n$/.exec(
        said
      ) ?? []
    sum += Number(sessions)
  }
  t.equal(sum, 50, 'between them they removed each once')
  t.strictSame(await idsIn(store, 'sessions'), ['kept', 'live'])
  const last = await run(['prune'], cwd, settings, true)
  t.strictSame(last, { code: 0, said: `0 mails, 1 sessions, ${NOTHING_ELSE} removed\n` }, 'by the .env')
  t.strictSame(await idsIn(store, 'sessions'), ['live'])
})

t.test('latchkey prune tells in a line what is wrong', async t => {
  const cwd = t.testdir({ 'no.db': {} })
  const cases = [
    [{ SESSION_RETENTION: 'long' }, 78, /^SESSION_RETENTION: "long" is not accepted\. Give seconds[^\n]*\n$/],
    [{ DATABASE_URL: `file:${cwd}/no.db` }, 74, /^[^\n]*no\.db is not a file\. Give the path of one\.\n$/]
  ] as const
  for (const [settings, exit, line] of cases) {
    const { code, said } = await run(['prune'], cwd, settings)
    t.equal(code, exit)
    t.match(said, line)
  }
})
