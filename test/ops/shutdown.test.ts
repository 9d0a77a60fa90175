import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { json } from 'node:stream/consumers'
import t from 'tap'
import { send, start, stop } from '../support/process.ts'

const account = (name: string) => ({
  username: name,
  email: `${name}@example.org`,
  password: 'correct horse battery staple'
})

/** Whether somebody takes connections at an address. */
const isOpen = (url: string) =>
  new Promise<boolean>(resolve => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })

t.test(
  'SIGTERM under load: accepted requests are answered, later ones are refused, and the service ends',
  async t => {
    const { child, url } = await start(t, t.testdir())
    const headers = { 'content-type': 'application/json', expect: '100-continue' }
    const requests = Array.from({ length: 40 }, () =>
      request(`${url}/api/auth/register`, { method: 'POST', headers })
    )
    for (const each of requests) each.flushHeaders()
    // The service says so when it has accepted a request.
    await Promise.all(requests.map(each => once(each, 'continue')))
    let answered = 0
    const statuses = requests.map(async (each, index) => {
      each.end(JSON.stringify(account(`user${index}`)))
      const [response] = await once(each, 'response')
      response.resume()
      answered += 1
      return response.statusCode
    })
    // Most of them wait for their turn to hash by then.
    await Promise.race(statuses)
    child.kill('SIGTERM')
    while (await isOpen(url)) await new Promise(setImmediate)
    t.ok(answered < 40, `refuses new connections while ${40 - answered} are not yet answered`)
    t.strictSame(new Set(await Promise.all(statuses)), new Set([201]))
    t.equal(child.exitCode ?? (await once(child, 'exit'))[0], 0)
  }
)

t.test(
  'readiness turns first, while the service still serves; connections that are kept alive end',
  async t => {
    const { child, url } = await start(t, t.testdir(), { SHUTDOWN_DELAY: '1' }, true)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    t.teardown(() => agent.destroy())
    async function ready() {
      const [response] = await once(request(`${url}/health/ready`, { agent }).end(), 'response')
      const { statusCode: status, headers } = response
      return { status, connection: headers.connection, body: await json(response) }
    }
    t.match(await ready(), { status: 200, connection: 'keep-alive' })
    child.kill('SIGTERM')
    let answer = await ready()
    while (answer.status === 200) answer = await ready()
    t.match(answer, {
      status: 503,
      connection: 'close',
      body: { code: 'shutting_down', action: 'retry-later' }
    })
    t.equal((await send(`${url}/health/live`)).status, 200)
    t.equal((await send(`${url}/api/auth/register`, { body: account('ada') })).status, 201)
    t.equal((await once(child, 'exit'))[0], 0)
  }
)

t.test('the process ends within its limit, even with an open request', async t => {
  const { child, url } = await start(t, t.testdir(), { SHUTDOWN_TIMEOUT: '1' })
  const { port } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1').on('error', () => {})
  socket.write(
    'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{'
  )
  t.equal((await send(`${url}/health/live`)).status, 200)
  const begin = performance.now()
  t.equal(await stop(child, 'SIGTERM'), 1)
  const ms = performance.now() - begin
  t.ok(ms > 900 && ms < 5000, `${ms} ms`)
})
