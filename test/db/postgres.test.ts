import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import pg from 'pg'
import t, { type Test } from 'tap'
import { DatabaseError, isOutage, isUnavailable, StatementError } from '../../src/db/errors.ts'
import { readPendingMigrations } from '../../src/db/migrations.ts'
import { openPostgres } from '../../src/db/postgres/engine.ts'
import { MIGRATION_LOCK, migrateDatabase } from '../../src/db/postgres/migration.ts'
import { isTemporaryFailure } from '../../src/db/postgres/startup.ts'
import { prepareStatements } from '../../src/db/statements.ts'
import { openStore } from '../../src/db/store.ts'
import { allTables } from '../../src/features.ts'
import { createDatabase, query } from '../support/databases.ts'
import { startPostgres } from '../support/postgres-server.ts'

const SERVER = process.env.TEST_DATABASE_URL
const skip = !SERVER && 'needs PostgreSQL'

const trial = prepareStatements('trial', allTables, (db, { users }) => ({
  now: db.select({ one: sql<number>`1` }).from(users),
  slow: db
    .select({ slept: sql`pg_sleep(${sql.placeholder('seconds')}::float)` })
    .from(sql`(values (1)) as one`),
  hold: db.update(users).set({ username: sql`${users.username}` })
}))

async function open(t: Test, url: string, poolMax = 3) {
  const lines: string[] = []
  const log = { warn: (line: string) => lines.push(line) }
  const store = await openStore({ url, poolMax, now: () => new Date(), log })
  t.teardown(() => store.close())
  return { store, lines, ...trial(store) }
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    error => error
  )

t.test('ten instances may start at once on an empty database', { skip }, async t => {
  const url = await createDatabase(SERVER as string)
  await Promise.all(Array.from({ length: 10 }, () => open(t, url)))
  t.strictSame(await query(url, 'select count(*)::int as n from drizzle.__drizzle_migrations'), [
    { n: readPendingMigrations('postgres', 0).length }
  ])
})

t.test('a newer schema is refused', { skip }, async t => {
  const url = await createDatabase(SERVER as string)
  await open(t, url)
  await query(url, "insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 9999999999999)")
  const error = await failureOf(open(t, url))
  t.type(error, DatabaseError)
  t.match(error.message, /newer schema/)
})

t.test('a refusal is told, without the password', { skip }, async t => {
  const url = new URL(SERVER as string)
  url.password = 'hunter2'
  url.pathname = 'nowhere'
  const error = await failureOf(open(t, url.href))
  t.match(error.message, /^The database at 127.0.0.1:\d+ refuses us: database "nowhere" does not exist$/)
})

t.test('what waiting can mend is waited for, and nothing else', async t => {
  const cases = [
    ['ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:5432', true],
    ['ENOTFOUND', 'getaddrinfo ENOTFOUND db', true],
    [undefined, 'timeout expired', true],
    ['57P03', 'the database system is starting up', true],
    ['53300', 'sorry, too many clients already', true],
    ['08P01', 'server login has been failing, try again later (server_login_retry)', true],
    ['08P01', 'the database system is starting up', true],
    ['08P01', 'query_wait_timeout', true],
    ['08P01', 'no more connections allowed (max_client_conn)', true],
    ['28P01', 'password authentication failed for user "latchkey"', false],
    ['28000', 'no pg_hba.conf entry for host "10.0.0.1"', false],
    ['3D000', 'database "nowhere" does not exist', false],
    ['08P01', 'unsupported startup parameter: options', false],
    ['08P01', 'no such user: latchkey', false],
    ['08P01', 'transaction blocks not allowed in statement pooling mode', false],
    [
      '08P01',
      'server login has been failing, cached error: FATAL: database "x" does not exist (server_login_retry)',
      false
    ],
    [undefined, 'The server does not support SSL connections', false],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain', false],
    ['EPROTO', 'wrong version number', false],
    ['EACCES', 'connect EACCES /run/postgresql/.s.PGSQL.5432', false]
  ] as const
  for (const [code, message, expected] of cases)
    t.equal(isTemporaryFailure(Object.assign(new Error(message), { code })), expected, message)
})

t.test('a migration waits for locks of others, tells so, and not for ever', { skip }, async t => {
  const server = await createDatabase(SERVER as string)
  const [client, other] = [new pg.Client(server), new pg.Client(server)]
  await Promise.all([client.connect(), other.connect()])
  t.teardown(() => Promise.all([client.end(), other.end()]))
  const lines: string[] = []
  const lock = `begin; select pg_advisory_xact_lock(${MIGRATION_LOCK})`
  await other.query(lock)
  await t.rejects(
    migrateDatabase(client, { warn: line => lines.push(line) }, 0),
    new DatabaseError('The database could not be migrated: others have locked it for 2 s.')
  )
  t.strictSame(lines, [])

  const warn = (line: string) => {
    lines.push(line)
    if (lines.length === 1) void other.query('rollback')
  }
  await migrateDatabase(client, { warn })
  t.match(lines, [/^Waiting to migrate the database, which others have locked for 2 s: another instance/])

  await other.query(lock)
  await open(t, server)
  t.pass('a database of the present schema is not locked for')
})

t.test('a full pool answers in time', { skip }, async t => {
  const { slow, now } = await open(t, await createDatabase(SERVER as string), 1)
  const holding = slow.execute({ seconds: 4 })
  const began = performance.now()
  const error = await failureOf(now.execute())
  t.ok(isUnavailable(error))
  t.equal(error.message, 'trial_now: timeout exceeded when trying to connect')
  const waited = performance.now() - began
  t.ok(waited > 2900, `${waited}`)
  await holding
  t.strictSame(await now.execute(), [])
})

t.test('a statement that takes too long', { skip }, async t => {
  const { slow, now } = await open(t, await createDatabase(SERVER as string), 1)
  const error = await failureOf(slow.execute({ seconds: 9 }))
  t.type(error, StatementError)
  t.match(error, { code: '57014', message: 'trial_slow: canceling statement due to statement timeout' })
  t.ok(isUnavailable(error))
  t.strictSame(await now.execute(), [])
})

t.test(
  'all connections killed, again and again, while statements and transactions run',
  { skip },
  async t => {
    const url = await createDatabase(SERVER as string)
    const { store, slow, now, hold } = await open(t, url)
    const kill = () =>
      query(
        url,
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()'
      )
    const running = [
      slow.execute({ seconds: 2 }),
      store.atomically(hold.bind(), slow.bind({ seconds: 2 }))
    ].map(failureOf)
    await sleep(200)
    await kill()
    for (const one of running) t.ok(isUnavailable(await one))
    t.strictSame(await now.execute(), [])

    const until = Date.now() + 2000
    const tally = { done: 0, unavailable: 0, other: [] as unknown[] }
    async function work() {
      while (Date.now() < until) {
        const error = await failureOf(
          Math.random() < 0.5 ? now.execute() : store.atomically(now.bind(), hold.bind())
        )
        if (!error) tally.done += 1
        else if (isUnavailable(error)) tally.unavailable += 1
        else tally.other.push(error)
      }
    }
    const workers = Array.from({ length: 10 }, work)
    while (Date.now() < until) {
      await kill()
      await sleep(20)
    }
    await Promise.all(workers)
    t.strictSame(tally.other, [])
    t.ok(tally.done > 0 && tally.unavailable > 0, JSON.stringify(tally))
    await Promise.all(Array.from({ length: 20 }, () => now.execute()))
    t.pass('and all is well again')
  }
)

t.test('a server that restarts, and one that is not there yet', { skip }, async t => {
  const server = await startPostgres()
  t.teardown(() => server.stop())
  const { store, now, lines } = await open(t, server.url)
  await now.execute()
  await server.shutDown()
  const error = await failureOf(now.execute())
  t.ok(isUnavailable(error), error.message)
  t.ok(isOutage(await failureOf(store.ping())))
  t.match(lines, [
    /^A connection to the database was lost: terminating connection due to administrator command/
  ])

  const late = open(t, server.url)
  await sleep(300)
  await server.restart()
  t.strictSame(await now.execute(), [])
  await store.ping()
  t.match((await late).lines, [
    /^The database at 127.0.0.1:\d+ is not there yet; waiting for 30 s: connect ECONNREFUSED/
  ])
})

t.test('a database that does not come up is given up', async t => {
  const port = createServer().listen(0, '127.0.0.1')
  await once(port, 'listening')
  const url = `postgres://127.0.0.1:${(port.address() as { port: number }).port}/x`
  port.close()
  await once(port, 'close')

  const lines: string[] = []
  const log = { warn: (line: string) => lines.push(line) }
  const error = await failureOf(openPostgres({ url, poolMax: 1, log, startTimeout: 600 }))
  t.type(error, DatabaseError)
  t.match(
    error.message,
    /^The database at 127\.0\.0\.1:\d+ did not come up within 0\.6 s: connect ECONNREFUSED/
  )
  t.match(lines, [/ is not there yet; waiting for 0\.6 s: connect ECONNREFUSED/])
})

t.test('a server that takes connections and says nothing', { skip }, async t => {
  const mute = createServer(() => {}).listen(0, '127.0.0.1')
  await once(mute, 'listening')
  t.teardown(() => mute.close())
  const { port } = mute.address() as { port: number }
  const client = new pg.Client({ port, host: '127.0.0.1', connectionTimeoutMillis: 300 })
  client.on('error', () => {})
  const error = await failureOf(client.connect())
  t.ok(isOutage(error), error.message)
})
