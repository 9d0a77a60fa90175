import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { stop } from '../support/process.ts'
import { PASSWORD } from '../support/service.ts'
import { openClient, openTwoClients, startTwoWorkers, toAccount, waitForLog } from './two-workers.ts'

t.test('[V7.4.1] signed out at one worker, the next request to the other is refused', async t => {
  const { child, url, log, pids } = await startTwoWorkers(t)
  const [one, other] = openTwoClients(t, url)
  const { body } = await one('POST', '/api/auth/register', { body: toAccount('ada') })
  const ids: string[] = []
  for (let round = 0; round < 20; round += 1) {
    const credentials = { email: 'ada@example.org', password: PASSWORD }
    const { body: pair } = await one('POST', '/api/auth/login', { body: credentials })
    const token = pair.accessToken
    const known = await other('GET', '/api/auth/me', { token })
    const again = await other('GET', '/api/auth/me', { token })
    t.strictSame([known.status, again.status, again.body], [200, 200, body.user])
    const out = await one('POST', '/api/auth/logout', { token })
    const after = await other('GET', '/api/auth/me', { token })
    t.match([out.status, after], [204, { status: 401, body: { code: 'access_token_revoked' } }])
    ids.push(out.id, after.id)
  }
  for (const [index, id] of ids.entries()) {
    const { pid } = await waitForLog(log, ({ reqId }) => reqId === id)
    t.equal(pid, (await waitForLog(log, ({ reqId }) => reqId === ids[index % 2])).pid)
    t.ok(pids.includes(pid as number))
  }
  t.not(log.find(({ reqId }) => reqId === ids[0])?.pid, log.find(({ reqId }) => reqId === ids[1])?.pid)
  t.equal(await stop(child, 'SIGTERM'), 0)
})

t.test('[RACE] over two workers, too, one wins', async t => {
  const { child, url } = await startTwoWorkers(t, { ACCESS_TOKEN_TTL: '3' })
  const clients = Array.from({ length: 10 }, () => openClient(t, url))
  const [one = openClient(t, url)] = clients
  const register = await one('POST', '/api/auth/register', { body: toAccount('ada') })
  const { accessToken, refreshToken } = register.body
  const token: string = accessToken
  const statuses = async (calls: Promise<{ status: number }>[]) =>
    (await Promise.all(calls)).map(({ status }) => status).sort()

  const body = { title: 'x' }
  const headers = { 'idempotency-key': 'the same' }
  const creates = await Promise.all(clients.map(call => call('POST', '/api/todos', { token, body, headers })))
  for (const { status } of creates) t.ok([201, 409].includes(status), `${status}`)
  const { items } = (await one('GET', '/api/todos', { token })).body
  t.equal(items.length, 1, 'a key makes one row')

  const [{ id, etag }] = items
  const changes = clients.map((call, index) =>
    call('PATCH', `/api/todos/${id}`, {
      token,
      body: { title: `${index}` },
      headers: { 'if-match': etag }
    })
  )
  t.strictSame(await statuses(changes), [200, ...Array(9).fill(412)], 'an ETag lets one change')

  while ((await one('GET', '/api/auth/me', { token })).status === 200) await sleep(50)
  const refreshes = clients.map(call =>
    call('POST', '/api/auth/refresh', { body: { accessToken, refreshToken } })
  )
  t.strictSame(await statuses(refreshes), [200, ...Array(9).fill(401)], 'a pair is refreshed once')
  t.equal(await stop(child, 'SIGTERM'), 0)
})

t.test('metrics are those of all workers', async t => {
  const { child, url, log } = await startTwoWorkers(t, { METRICS_PORT: '0' }, true)
  for (const call of openTwoClients(t, url)) for (let n = 0; n < 3; n += 1) await call('GET', '/api/limits')
  const [, address] =
    /at ([\d.:]+\/metrics)/.exec(`${log.find(({ msg }) => `${msg}`.startsWith('Metrics'))?.msg}`) ?? []
  const response = await fetch(`http://${address}`)
  t.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  t.match(
    await response.text(),
    'http_request_duration_seconds_count{method="GET",route="/api/limits",status="200"} 6\n'
  )
  t.equal((await fetch(`http://${address}/nowhere`)).status, 404)
  t.equal(await stop(child, 'SIGTERM'), 0)
})

t.test('routes with a limit of their own count the requests to all workers', async t => {
  const { child, url } = await startTwoWorkers(t, { RATE_LIMIT: 'on' }, true)
  const clients = openTwoClients(t, url)
  const statuses: number[] = []
  for (let n = 0; n < 21; n += 1) {
    const call = clients[n % 2] as (typeof clients)[number]
    statuses.push((await call('POST', '/api/auth/register', { body: {} })).status)
  }
  t.strictSame(statuses, [...Array(20).fill(400), 429])
  for (const call of clients) t.equal((await call('GET', '/api/limits')).status, 200, 'others are not slowed')
  t.equal(await stop(child, 'SIGTERM'), 0)
})
