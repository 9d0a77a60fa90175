import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { query } from './support/databases.ts'
import { startPgbouncer } from './support/pgbouncer.ts'
import { startPostgres } from './support/postgres-server.ts'
import { run, runServe, send, start, stop } from './support/process.ts'
import { PASSWORD } from './support/service.ts'
import { dependsOnEngine, findTestFiles, runBatches, toBatches } from './test-files.ts'

/*
 * The service behind a real PgBouncer in transaction mode, which lends its three connections to a database for a
 * transaction each: `npm run test:pooler`. First what only a pooler does, then the tests of PostgreSQL by way of it.
 */

const JWT_SECRET = randomBytes(32).toString('base64url')
/** The lock that earlier versions held for a session, and so left behind in a pool. */
const FORMER_LOCK = '7809927465474155897'

const postgres = await startPostgres()
const pooler = await startPgbouncer(postgres.url)
t.teardown(async () => {
  await pooler.stop()
  await postgres.stop()
})

/** A new database, by way of the pooler and without it. */
async function createDatabaseBothWays(name: string) {
  await query(postgres.url, `create database ${name}`)
  const [pooled = '', direct = ''] = [pooler, postgres].map(
    ({ url }) => Object.assign(new URL(url), { pathname: name }).href
  )
  return { pooled, direct }
}

const toSettings = (DATABASE_URL: string) => ({ DATABASE_URL, JWT_SECRET })
const login = { email: 'ada@example.org', password: PASSWORD }
const toAccount = (username: string) => ({ username, email: `${username}@example.org`, password: PASSWORD })

t.test('two instances start at once, serve, and outlive a restart of the server', async t => {
  const { pooled, direct } = await createDatabaseBothWays('two_instances')
  const cwd = t.testdir()
  const instances = await Promise.all([1, 2].map(() => start(t, cwd, toSettings(pooled))))
  const [one = '', other = ''] = instances.map(({ url }) => url)

  async function simulatePerson(name: string) {
    const { body: pair } = await send(`${one}/api/auth/register`, { body: toAccount(name) })
    const { accessToken: token, refreshToken } = pair
    const statuses: number[] = []
    async function work(url: string) {
      for (let round = 0; round < 30; round += 1) {
        statuses.push((await send(`${url}/api/todos`, { token, body: { title: `todo ${round}` } })).status)
        statuses.push((await send(`${url}/api/todos?q=todo`, { token })).status)
      }
    }
    await Promise.all([work(one), work(other)])
    t.strictSame(new Set(statuses), new Set([200, 201]))
    const { body } = await send(`${other}/api/todos?limit=200`, { token })
    t.equal(body.items.length, 60)
    t.match(body.items[0].createdAt, /^20\d\d-.*Z$/)
    const refreshes = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        send(`${index % 2 ? one : other}/api/auth/refresh`, { body: { accessToken: token, refreshToken } })
      )
    )
    t.strictSame(
      refreshes.filter(({ status }) => status >= 500),
      []
    )
  }
  await Promise.all(['ada', 'bob', 'cleo'].map(simulatePerson))

  await postgres.shutDown()
  t.match(await send(`${one}/api/auth/login`, { body: login }), { status: 503 })
  await postgres.restart()
  for (const { url } of instances) {
    const ready = async () => (await send(`${url}/health/ready`)).status
    while ((await ready()) !== 200) await sleep(100)
    t.match(await send(`${url}/api/auth/login`, { body: login }), { status: 200 })
  }

  t.strictSame(await query(direct, "select * from pg_locks where locktype = 'advisory'"), [])
  const states = await Promise.all(
    Array.from({ length: 6 }, () =>
      query(
        pooled,
        `select current_setting('statement_timeout') as timeout, current_setting('TimeZone') as zone,
          (select count(*)::int from pg_prepared_statements) as prepared, pg_sleep(0.05)::text as slept`
      )
    )
  )
  for (const state of states)
    t.match(state, [{ timeout: '0', zone: 'Asia/Kathmandu', prepared: 0 }], 'others find nothing of ours')
  const logged = JSON.stringify(instances.map(({ log }) => log))
  t.notMatch(logged, /prepared statement|there is (already a|no) transaction/)
})

t.test('a lock that was left behind in the pool stops no start, be it direct', async t => {
  const { pooled, direct } = await createDatabaseBothWays('left_behind')
  const cwd = t.testdir()
  await query(pooled, 'select pg_advisory_lock($1)', [FORMER_LOCK])
  t.equal((await query(direct, "select 1 from pg_locks where locktype = 'advisory'")).length, 1)
  for (const url of [direct, pooled]) {
    const { child } = await start(t, cwd, toSettings(url))
    t.equal(await stop(child, 'SIGTERM'), 0)
  }
})

t.test('doctor connects as the service does, and tells of the pooler', async t => {
  const { pooled } = await createDatabaseBothWays('doctor')
  const cwd = t.testdir()
  const commands = [['migrate'], ['prune'], ['users', 'list']]
  for (const command of commands) t.match(await run(command, cwd, toSettings(pooled)), { code: 0 })
  t.match(await run(['doctor'], cwd, toSettings(pooled)), {
    code: 0,
    said: /^ok {7}database {2}PostgreSQL \d.* behind a pooler, intact, schema up to date$/m
  })
})

t.test('what a pooler refuses is told at once', async t => {
  const cwd = t.testdir()
  const byStatement = await startPgbouncer(postgres.url, { pool_mode: 'statement' })
  const byPassword = await startPgbouncer(postgres.url, { auth_type: 'md5' })
  t.teardown(() => Promise.all([byStatement.stop(), byPassword.stop()]))
  const cases = [
    [`${pooler.url}?options=-c%20a=b`, /refuses us: unsupported startup parameter: options$/m],
    [pooler.url.replace(/postgres$/, 'nowhere'), /refuses us: .*"nowhere" does not exist$/m],
    [byPassword.url, /refuses us: password authentication failed$/m],
    [byStatement.url, /transaction blocks not allowed in statement pooling mode$/m]
  ] as const
  for (const [url, line] of cases) {
    const startedAt = performance.now()
    t.match(await runServe(cwd, toSettings(url)), { code: 69, said: line })
    t.ok(performance.now() - startedAt < 10_000)
    t.match(await run(['doctor'], cwd, toSettings(url)), { code: 1, said: /^fault {4}database/m })
  }
})

t.test('modes and settings of poolers', async t => {
  const cwd = t.testdir()
  const { pooled } = await createDatabaseBothWays('modes')
  const { pathname } = new URL(pooled)
  const others = [
    { pool_mode: 'session', default_pool_size: '10' },
    { ignore_startup_parameters: 'options,statement_timeout,extra_float_digits' },
    { default_pool_size: '1' }
  ]
  for (const settings of others) {
    const other = await startPgbouncer(postgres.url, settings)
    const url = Object.assign(new URL(other.url), { pathname }).href
    const { child, url: service } = await start(t, cwd, toSettings(url))
    const name = Object.keys(settings).join('_')
    const { status, body } = await send(`${service}/api/auth/register`, { body: toAccount(name.slice(0, 9)) })
    t.equal(status, 201, name)
    const add = () => send(`${service}/api/todos`, { token: body.accessToken, body: { title: 'x' } })
    const answers = await Promise.all(Array.from({ length: 20 }, add))
    t.ok(answers.every(({ status }) => status === 201))
    t.equal(await stop(child, 'SIGTERM'), 0)
    await other.stop()
  }
})

/**
 * What is about direct connections, their locks, what they listen to, or roles that a pooler would have to know; and what sees only
 * the service.
 */
const EXCLUDED =
  /^test\/(db\/(postgres-connection|roles|broadcast)|sync\/(concurrency|stream\/instances)|client\/|workers\/)/

t.jobs = availableParallelism()
const files = findTestFiles(process.argv.slice(2)).filter(
  file => dependsOnEngine(file) && !EXCLUDED.test(file)
)
runBatches(toBatches('PgBouncer', files, { TEST_DATABASE_URL: pooler.url }))
