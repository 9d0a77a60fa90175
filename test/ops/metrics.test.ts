import { once } from 'node:events'
import { createServer } from 'node:http'
import t from 'tap'
import { rowsRemoved } from '../../src/jobs/janitor.ts'
import { mailOutcomes } from '../../src/mail/counters.ts'
import { createOutbox } from '../../src/mail/outbox.ts'
import { NEVER } from '../../src/mail/statements.ts'
import { mailTables } from '../../src/mail/tables.ts'
import { count } from '../../src/process/counters.ts'
import { serveMetrics } from '../../src/process/metrics-server.ts'
import { PASSWORD, type Service, serve } from '../support/service.ts'

/** Reads the metrics as Prometheus does: the values by their names and labels. */
async function scrape({ lines }: Service) {
  const [, address] = /Metrics for Prometheus are at ([\d.:]+\/metrics)/.exec(lines.join('\n')) ?? []
  const response = await fetch(`http://${address}`)
  const text = await response.text()
  const samples = text.split('\n').filter(line => line && !line.startsWith('#'))
  const values = Object.fromEntries(samples.map(line => line.split(/ (?=[^ ]+$)/)))
  return { address, values, type: response.headers.get('content-type') }
}

t.test('metrics count the work by route, status and outcome', async t => {
  const service = await serve(t, { METRICS_PORT: '0', ACCESS_TOKEN_TTL: '60' })
  const { app, call, clock, signUp, refresh } = service
  const pair = await signUp()
  await call('GET', '/api/nowhere')
  await call('GET', '/api/todos/01a20996-fb6c-78b7-96ed-227b58a269d2', { token: pair.accessToken })
  await refresh(pair)
  clock.advance(60)
  const headers = { 'idempotency-key': 'one' }
  const { accessToken, refreshToken } = pair
  const keyed = () => call('POST', '/api/auth/refresh', { body: { accessToken, refreshToken }, headers })
  const { body: next } = await keyed()
  await keyed()
  await refresh(pair)
  clock.advance(11)
  await refresh(pair)
  const { body: other } = await call('POST', '/api/auth/login', {
    body: { email: pair.user.email, password: PASSWORD }
  })
  t.equal((await refresh(next)).status, 401, 'its session has ended')
  await call('DELETE', '/api/auth/me', { token: other.accessToken, body: { password: PASSWORD } })
  count(app.store.counters.get(rowsRemoved), 'events', 3)

  const { values, type } = await scrape(service)
  t.match(type, /^text\/plain; version=0\.0\.4/)
  t.match(values, {
    'http_request_duration_seconds_count{method="POST",route="/api/auth/register",status="201"}': '1',
    'http_request_duration_seconds_count{method="GET",route="none",status="404"}': '1',
    'http_request_duration_seconds_count{method="GET",route="/api/todos/:id",status="404"}': '1',
    'http_request_duration_seconds_bucket{le="+Inf",method="POST",route="/api/auth/refresh",status="200"}':
      '2',
    'latchkey_refreshes_total{outcome="access_token_not_expired"}': '1',
    'latchkey_refreshes_total{outcome="rotated"}': '1',
    'latchkey_refreshes_total{outcome="repeated"}': '1',
    'latchkey_refreshes_total{outcome="raced"}': '1',
    'latchkey_refreshes_total{outcome="refresh_token_used"}': '1',
    'latchkey_refreshes_total{outcome="refresh_token_revoked"}': '1',
    'latchkey_sessions_ended_total{reason="reuse_detected"}': '1',
    'latchkey_sessions_ended_total{reason="account_deleted"}': '1',
    'latchkey_rows_removed_total{table="events"}': '3',
    'latchkey_hashing{state="running"}': '0',
    'latchkey_hashing{state="waiting"}': '0',
    nodejs_eventloop_lag_p99_seconds: /^[\d.e-]+$/
  })
  const writes = Number(values['latchkey_writes_total{kind="write"}'])
  const commits = Number(values['latchkey_writes_total{kind="commit"}'])
  t.equal(writes >= commits && commits > 5, !process.env.TEST_DATABASE_URL, 'SQLite’s writes share commits')
  const connections = values['latchkey_database_connections{state="open"}']
  t.equal(
    connections === undefined,
    !process.env.TEST_DATABASE_URL,
    'a server has connections, a file has none'
  )

  count(app.store.counters.get(rowsRemoved), 'events')
  t.match(
    (await scrape(service)).values,
    { 'latchkey_rows_removed_total{table="events"}': '4' },
    'nothing twice'
  )
})

t.test('metrics tell what waits in the outbox, as long as the database can be asked', async t => {
  const service = await serve(t, { METRICS_PORT: '0' })
  const { store } = service.app
  const outbox = createOutbox(store, true)
  const mail = { kind: 'x', address: 'a@b.example', userId: null, data: {}, lifetimeMs: 3_600_000 }
  const empty = {
    'latchkey_outbox_mails{state="waiting"}': '0',
    'latchkey_outbox_mails{state="given_up"}': '0',
    latchkey_outbox_oldest_seconds: '0'
  }
  t.match((await scrape(service)).values, empty)
  await store.atomically(outbox.bindMail(mail))
  service.clock.advance(90)
  await store.atomically(outbox.bindMail(mail))
  const { mails } = mailTables(store.kit)
  const row = { ...mail, createdAt: new Date(0), dueAt: NEVER, attempts: 1, expiresAt: new Date(0) }
  await store.db
    .insert(mails)
    .values({ ...row, id: store.newId(), givenUpAt: new Date(0) })
    .execute()
  count(store.counters.get(mailOutcomes), 'sent', 2)
  t.match((await scrape(service)).values, {
    'latchkey_outbox_mails{state="waiting"}': '2',
    'latchkey_outbox_mails{state="given_up"}': '1',
    latchkey_outbox_oldest_seconds: '90',
    'latchkey_mails_total{outcome="sent"}': '2'
  })
  await store.close()
  const { values } = await scrape(service)
  t.match(values, { 'latchkey_mails_total{outcome="sent"}': '2' })
  t.notOk(Object.keys(values).some(name => name.startsWith('latchkey_outbox')))
})

t.test('there are no other pages at that port, and none after the end', async t => {
  const service = await serve(t, { METRICS_PORT: '0' })
  const { address } = await scrape(service)
  t.match(address, /^127\.0\.0\.1:/, 'this machine only')
  t.equal((await fetch(`http://${address}/x`)).status, 404)
  t.equal((await fetch(`http://${address}`, { method: 'POST' })).status, 404)
  await service.app.close()
  await t.rejects(fetch(`http://${address}`))
})

t.test('without a port there are no metrics, and the service itself never shows any', async t => {
  const { app, call, lines } = await serve(t)
  t.notOk(app.hasPlugin('metrics'))
  t.equal((await call('GET', '/metrics')).status, 404)
  t.notMatch(lines.join(), 'Prometheus')
})

t.test('a port that is taken stops the start', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as { port: number }
  await t.rejects(serve(t, { METRICS_PORT: `${port}` }), {
    message: new RegExp(`^METRICS_PORT: ${port} at 127.0.0.1 is in use`)
  })
})

t.test('metrics that cannot be had are a 503', async t => {
  const read = () => Promise.reject(new Error('a worker did not answer'))
  const server = await serveMetrics(
    { host: '127.0.0.1', port: 0 },
    { contentType: 'text/plain', read },
    { info() {} }
  )
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: 'close' } })
  t.strictSame([response.status, await response.text()], [503, ''])
})
