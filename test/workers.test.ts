import { once } from 'node:events'
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { buildApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { ALONE } from '../src/place.ts'
import { emptyDatabase } from './databases.ts'
import { type Running, refuse, send, start, stop } from './process.ts'
import { PASSWORD, SECRET, type Settings } from './service.ts'

const account = (name: string) => ({ username: name, email: `${name}@example.org`, password: PASSWORD })

/** Waits until something has been logged. */
async function logged(log: Running['log'], is: (entry: Running['log'][number]) => boolean) {
  for (;;) {
    const entry = log.find(is)
    if (entry) return entry
    await sleep(10)
  }
}
const listens =
  (number: number) =>
  ({ msg }: Running['log'][number]) =>
    `${msg}`.startsWith(number === 1 ? 'Latchkey listens' : `Worker ${number} listens`)

/** A service of two workers, both of which serve. */
async function startTwo(t: Test, settings: Settings = {}) {
  const cwd = t.testdir()
  const database = await emptyDatabase(t)
  const DATABASE_URL = database === ':memory:' ? `file:${cwd}/latchkey.db` : database
  const all = { DATABASE_URL, JWT_SECRET: SECRET, WEB_CONCURRENCY: '2', ...settings }
  const running = await start(t, cwd, all, true)
  const pids: number[] = []
  for (const number of [1, 2]) pids.push((await logged(running.log, listens(number))).pid as number)
  return { ...running, cwd, pids }
}

/** A client with one connection, which its requests share: it stays with one worker. */
function client(t: Test, url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  return async function call(
    method: string,
    path: string,
    {
      token,
      body,
      headers
    }: { token?: string | undefined; body?: unknown; headers?: Record<string, string> } = {}
  ) {
    const call = request(`${url}${path}`, {
      method,
      agent,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers
      }
    }).end(body === undefined ? undefined : JSON.stringify(body))
    const [response] = await once(call, 'response')
    const id = String(response.headers['x-request-id'])
    const isEmpty = response.statusCode === 204
    // biome-ignore lint/suspicious/noExplicitAny: a test asserts what it expects of an answer, whatever its type says
    const answer: any = isEmpty ? response.resume() : await json(response)
    return { status: response.statusCode as number, body: isEmpty ? undefined : answer, id }
  }
}

/** Connections are handed out in turn, so the next two are to different workers. */
const twoClients = (t: Test, url: string) => [client(t, url), client(t, url)] as const

t.test('[V7.4.1] signed out at one worker, the next request to the other is refused', async t => {
  const { child, url, log, pids } = await startTwo(t)
  const [one, other] = twoClients(t, url)
  const { body } = await one('POST', '/api/auth/register', { body: account('ada') })
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
    const { pid } = await logged(log, ({ reqId }) => reqId === id)
    t.equal(pid, (await logged(log, ({ reqId }) => reqId === ids[index % 2])).pid)
    t.ok(pids.includes(pid as number))
  }
  t.not(log.find(({ reqId }) => reqId === ids[0])?.pid, log.find(({ reqId }) => reqId === ids[1])?.pid)
  t.equal(await stop(child, 'SIGTERM'), 0)
})

t.test('[RACE] over two workers, too, one wins', async t => {
  const { child, url } = await startTwo(t, { ACCESS_TOKEN_TTL: '3' })
  const clients = Array.from({ length: 10 }, () => client(t, url))
  const [one = client(t, url)] = clients
  const register = await one('POST', '/api/auth/register', { body: account('ada') })
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

t.test(
  'a worker that is killed loses no write that was acknowledged, and another one takes its place',
  async t => {
    const { child, url, log, pids } = await startTwo(t)
    const { body: pair } = await send(`${url}/api/auth/register`, { body: account('ada') })
    const token = pair.accessToken
    const acknowledged: string[] = []
    let isKilled = false
    async function write(call: ReturnType<typeof client>) {
      while (acknowledged.length < 400) {
        const { status, body } = await call('POST', '/api/todos', { token, body: { title: 'x' } })
        t.equal(status, 201)
        acknowledged.push(body.id)
        if (acknowledged.length > 100 && !isKilled) isKilled = process.kill(Number(pids[1]), 'SIGKILL')
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: 8 }, () => write(client(t, url))))
    t.ok(
      ends.some(({ status }) => status === 'fulfilled'),
      'the other one goes on writing'
    )

    const died = await logged(log, ({ msg }) => msg === 'a worker died; another one takes its place')
    t.match(died, { level: 50, worker: 2, code: null, signal: 'SIGKILL', pid: child.pid })
    const next = await logged(log, entry => listens(2)(entry) && entry.pid !== pids[1])
    t.notOk(pids.includes(next.pid as number))

    const kept: string[] = []
    for (let cursor = ''; cursor !== 'null'; ) {
      const page = await send(`${url}/api/todos?limit=200${cursor && `&cursor=${cursor}`}`, { token })
      kept.push(...page.body.items.map(({ id }: { id: string }) => id))
      cursor = `${page.body.nextCursor}`
    }
    t.strictSame(
      acknowledged.filter(id => !kept.includes(id)),
      []
    )
    t.equal(await stop(child, 'SIGTERM'), 0)
  }
)

t.test('what is wrong at the start ends the service, said once, with its exit code', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as { port: number }
  const settings = { WEB_CONCURRENCY: '3', LOG_LEVEL: 'silent' }
  const taken = await refuse(t.testdir(), { ...settings, PORT: `${port}` })
  t.equal(taken.code, 74)
  t.match(taken.said, /^listen EADDRINUSE: address already in use 127\.0\.0\.1:\d+\n$/)
  const metrics = await refuse(t.testdir(), { ...settings, METRICS_PORT: `${port}` })
  t.equal(metrics.code, 74)
  t.match(metrics.said, /^listen EADDRINUSE: address already in use 127\.0\.0\.1:\d+\n$/)
  const memory = await refuse(t.testdir(), { ...settings, DATABASE_URL: ':memory:' })
  t.equal(memory.code, 78)
  t.equal(
    memory.said,
    'WEB_CONCURRENCY: has to be 1 with DATABASE_URL=:memory:, as each process would have a database of its own.\n'
  )
})

t.test('a worker that nothing can take the place of ends the service, which answers what it has', async t => {
  const keys = t.testdir({ 'key.pem': '' })
  const { privateKey } = (await import('node:crypto')).generateKeyPairSync('ed25519')
  const file = `${keys}/key.pem`
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const { child, pids } = await startTwo(t, { JWT_PRIVATE_KEY_FILE: file })
  rmSync(file)
  process.kill(Number(pids[0]), 'SIGKILL')
  t.strictSame(await once(child, 'exit'), [78, null])
  for (const pid of pids) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
})

t.test(
  '[SIGTERM] to all of its processes: not ready first, all that was accepted is answered, and it ends',
  async t => {
    const { child, url, log, pids } = await startTwo(t, { SHUTDOWN_DELAY: '1' })
    const [one, other] = twoClients(t, url)
    for (const call of [one, other]) t.match(await call('GET', '/health/ready'), { status: 200 })
    const headers = { 'content-type': 'application/json', expect: '100-continue' }
    const requests = Array.from({ length: 20 }, () =>
      request(`${url}/api/auth/register`, { method: 'POST', headers })
    )
    for (const each of requests) each.flushHeaders()
    await Promise.all(requests.map(each => once(each, 'continue')))
    // As systemd and terminals do.
    for (const pid of [...pids, Number(child.pid)]) process.kill(pid, 'SIGTERM')
    for (const call of [one, other]) {
      let answer = await call('GET', '/health/ready')
      while (answer.status === 200) answer = await call('GET', '/health/ready')
      t.match(answer, { status: 503, body: { code: 'shutting_down' } })
    }
    const statuses = await Promise.all(
      requests.map(async (each, index) => {
        each.end(JSON.stringify(account(`user${index}`)))
        const [response] = await once(each, 'response')
        return response.resume().statusCode
      })
    )
    t.strictSame(new Set(statuses), new Set([201]))
    t.equal(child.exitCode ?? (await once(child, 'exit'))[0], 0)
    t.equal(log.filter(({ level }) => Number(level) > 30).length, 0)
  }
)

t.test('it ends within its limit, whatever a worker does', async t => {
  const { child, pids } = await startTwo(t, { SHUTDOWN_TIMEOUT: '1' })
  process.kill(Number(pids[1]), 'SIGSTOP')
  const begin = performance.now()
  t.equal(await stop(child, 'SIGTERM'), 1)
  const ms = performance.now() - begin
  t.ok(ms > 900 && ms < 7000, `${ms} ms`)
  for (const pid of pids) while (isAlive(pid)) await sleep(10)
})

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

t.test('a service that is told to end while it starts does so', async t => {
  const cwd = t.testdir()
  const { child, log } = await start(t, cwd, { WEB_CONCURRENCY: '2' }, true)
  t.equal(await stop(child, 'SIGINT'), 0)
  t.notOk(log.some(listens(2)), 'the second worker had not yet begun')
})

t.test('metrics are those of all workers', async t => {
  const { child, url, log } = await startTwo(t, { METRICS_PORT: '0' })
  for (const call of twoClients(t, url)) for (let n = 0; n < 3; n += 1) await call('GET', '/api/limits')
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
  const { child, url } = await startTwo(t, { RATE_LIMIT: 'on' })
  const clients = twoClients(t, url)
  const statuses: number[] = []
  for (let n = 0; n < 21; n += 1) {
    const call = clients[n % 2] as (typeof clients)[number]
    statuses.push((await call('POST', '/api/auth/register', { body: {} })).status)
  }
  t.strictSame(statuses, [...Array(20).fill(400), 429])
  for (const call of clients) t.equal((await call('GET', '/api/limits')).status, 200, 'others are not slowed')
  t.equal(await stop(child, 'SIGTERM'), 0)
})

t.test('lines of several workers stay whole, however slowly they are read', async t => {
  const { child, url, log } = await startTwo(t)
  child.stdout?.pause()
  const clients = Array.from({ length: 16 }, () => client(t, url))
  const path = `/api/todos/${'x'.repeat(200)}`
  await Promise.all(
    clients.map(async call => {
      for (let n = 0; n < 50; n += 1) t.equal((await call('GET', path)).status, 401)
    })
  )
  child.stdout?.resume()
  child.kill('SIGTERM')
  t.strictSame(await once(child, 'close'), [0, null])
  // A line that is not whole would not have been read as JSON.
  t.equal(log.filter(entry => entry.path === path).length, 800)
})

t.test('[HASH] workers share the cores, and one of them is the janitor', async t => {
  const asked: number[] = []
  const shareOf = (all: number) => {
    asked.push(all)
    return 1
  }
  const app = await buildApp({
    config: readConfig({ DATABASE_URL: ':memory:', JWT_SECRET: SECRET }),
    place: { ...ALONE, number: 2, isAlone: false, shareOf }
  })
  t.teardown(() => app.close())
  await app.ready()
  t.strictSame(asked, [availableParallelism(), 10], 'cores, and connections to PostgreSQL')
  t.notOk(app.hasPlugin('janitor'))
  for (let n = 0; n < 3; n += 1) app.passwords.hash(PASSWORD)
  t.strictSame(app.passwords.load(), { running: 1, waiting: 2 })
})

t.test(
  '[HASH] each has threads for its share',
  { skip: !existsSync('/proc/self/task') && 'only Linux shows its threads' },
  async t => {
    const { child, pids } = await startTwo(t)
    const threads = (pid = 0) =>
      globSync(`/proc/${pid}/task/*/comm`).filter(file => /^libuv-worker/.test(readFileSync(file, 'utf8')))
    const share = Math.max(1, Math.floor(availableParallelism() / 2))
    for (const pid of pids) t.equal(threads(pid).length, share + 4)
    t.equal(await stop(child, 'SIGTERM'), 0)
  }
)
