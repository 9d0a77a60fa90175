import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createDatabase, query } from '../support/databases.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { expectedProblem, serve } from '../support/service.ts'

const SERVER = process.env.TEST_DATABASE_URL
const skip = !SERVER && 'needs PostgreSQL'

t.test('a server that goes away in the middle of requests, and comes back', { skip }, async t => {
  const server = await startPostgres()
  t.teardown(() => server.stop())
  const { call, signUp, lines } = await serve(t, { DATABASE_URL: server.url })
  const { accessToken: token } = await signUp()
  const add = () => call('POST', '/api/todos', { token, body: { title: 'x', done: false } })
  t.equal((await add()).status, 201)
  t.equal((await call('GET', '/health/ready')).status, 200)

  await server.shutDown()
  const refused = await add()
  t.match(refused, { status: 503, headers: { 'retry-after': '5' } })
  t.strictSame(refused.body, expectedProblem(refused, 503, 'database_unavailable', { action: 'retry-later' }))
  t.equal((await call('GET', '/health/ready')).status, 503)
  t.equal((await call('GET', '/health/live')).status, 200)
  t.equal((await signUp().catch(error => error)).message.includes('database_unavailable'), true)
  t.notMatch(lines.join(), /argon2id/, 'no hash in the log')

  await server.restart()
  t.equal((await call('GET', '/health/ready')).status, 200)
  t.equal((await add()).status, 201)
})

t.test('connections killed under load: 503 or done, nothing else', { skip }, async t => {
  const url = await createDatabase(SERVER as string)
  const { call, signUp } = await serve(t, { DATABASE_URL: url })
  const { accessToken: token } = await signUp()
  const until = Date.now() + 1500
  const seen: Record<number, number> = {}
  async function work() {
    while (Date.now() < until) {
      const { status } = await call('POST', '/api/todos', { token, body: { title: 'x', done: false } })
      seen[status] = (seen[status] ?? 0) + 1
    }
  }
  const workers = Array.from({ length: 10 }, work)
  while (Date.now() < until) {
    await query(
      url,
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()'
    )
    await sleep(30)
  }
  await Promise.all(workers)
  t.strictSame(Object.keys(seen).sort(), ['201', '503'])
  t.equal((await call('GET', '/health/ready')).status, 200)
  t.strictSame(
    await query(url, 'select count(*)::int as n from todos'),
    [{ n: seen[201] }],
    'nothing is half done'
  )
})
