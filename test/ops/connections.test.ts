import { spawn } from 'node:child_process'
import { on, once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { getMaxConnections, getMaxDescriptors } from '../../src/process/descriptors.ts'
import { freePort } from '../support/free-port.ts'
import { PROGRAM, send, stop } from '../support/process.ts'
import { type Answer, PASSWORD, serve } from '../support/service.ts'

type Service = Awaited<ReturnType<typeof serve>>

/** Lets a service listen; gives a way to connect to it, byte by byte. */
async function listen(t: Test, { app }: Service) {
  const { port } = new URL(await app.listen({ port: 0 }))
  return () => {
    const socket = connect(Number(port), '127.0.0.1')
    t.teardown(() => socket.destroy())
    socket.on('error', () => {})
    return socket
  }
}

/** All that is said on a connection until its end, and the seconds until then. */
async function heard(socket: Socket) {
  const begin = performance.now()
  let said = ''
  socket.setEncoding('latin1').on('data', data => (said += data))
  await once(socket, 'close')
  return { said, seconds: (performance.now() - begin) / 1000 }
}

t.test('a request that does not arrive is given up in time, however much of it is there', async t => {
  const open = await listen(t, await serve(t, {}, { request: 1500 }))
  const parts = {
    nothing: '',
    'a part of a line': 'GET /health/li',
    'a part of the headers': 'GET /health/live HTTP/1.1\r\nhost: a\r\n',
    'a part of the body':
      'POST /api/auth/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{'
  }
  await Promise.all(
    Object.entries(parts).map(async ([what, part]) => {
      const socket = open()
      socket.write(part)
      const { said, seconds } = await heard(socket)
      t.match(said, /^HTTP\/1\.1 408 .*"code":"request_timeout"/s, what)
      t.ok(seconds > 1.4 && seconds < 4.5, `${what}: after ${seconds} s`)
    })
  )
  const slow = open()
  for (const part of ['GET /health/live HTTP/1.1\r\n', 'host: a\r\n', 'connection: close\r\n\r\n']) {
    slow.write(part)
    await sleep(300)
  }
  t.match((await heard(slow)).said, /^(HTTP\/1\.1 200|$)/)
})

/** Asks for some megabytes of todos. */
async function bigList(t: Test, { call, signUp }: Service) {
  const { accessToken: token } = await signUp()
  const todo = { title: 'x', description: 'x'.repeat(16_384) }
  const operations = Array.from({ length: 40 }, () => ({ op: 'create', todo }))
  for (let round = 0; round < 5; round += 1)
    t.equal((await call('POST', '/api/todos/batch', { token, body: { operations } })).status, 200)
  const lines = [`host: a`, `authorization: Bearer ${token}`, 'connection: close']
  return (path: string) => `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
}

t.test('an answer that nobody reads is given up, one that is read slowly is not', async t => {
  const service = await serve(t, {}, { stalled: 400 })
  const request = await bigList(t, service)
  const open = await listen(t, service)
  for (const path of ['/api/todos?limit=200', '/api/todos/export']) {
    const deaf = open()
    deaf.pause().write(request(path))
    const slow = open()
    slow.write(request(path))
    let read = 0
    slow.on('data', async data => {
      read += data.length
      slow.pause()
      await sleep(15)
      slow.resume()
    })
    await once(slow, 'close')
    t.ok(read > 3_000_000, `${path}: ${read} bytes`)
    t.equal(await connectionsOf(service), 0, 'those who do not read have lost their connection')
  }
})

const connectionsOf = ({ app }: Service) =>
  new Promise<number>((resolve, reject) => {
    app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
  })

t.test('a connection that has been refused is closed, though its client goes on sending', async t => {
  const open = await listen(t, await serve(t))
  const socket = open()
  const sending = setInterval(() => socket.write('nonsense\r\n'), 20)
  const { said, seconds } = await heard(socket)
  clearInterval(sending)
  t.match(said, /^HTTP\/1\.1 400 /)
  t.ok(seconds < 4, `after ${seconds} s`)
})

const LIVE = 'GET /health/live HTTP/1.1\r\nhost: a\r\n'

/** Connections that send nothing, in the order in which the service accepted them. */
async function openSilent(open: () => Socket, count: number) {
  const sockets: Socket[] = []
  for (let index = 0; index < count; index += 1) {
    const socket = open()
    await once(socket, 'connect')
    sockets.push(socket)
  }
  return sockets
}

/** A connection whose request lacks the last byte. */
async function openBusy(open: () => Socket, { app }: Service) {
  const socket = open()
  const head =
    'POST /api/auth/login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nconnection: close'
  socket.write(`${head}\r\ncontent-length: 2\r\n\r\n{`)
  await once(app.server, 'request')
  return socket
}

t.test('there are no more connections than there may be; idle ones make room', async t => {
  const service = await serve(t, { MAX_CONNECTIONS: '3' })
  const open = await listen(t, service)
  const [idle] = await openSilent(open, 1)
  idle?.write(`${LIVE}\r\n`)
  await once(idle as Socket, 'data')
  await openSilent(open, 2)
  t.equal((await heard(open())).said, '')
  if (!idle?.closed) await once(idle as Socket, 'close')
  const next = open()
  next.write(`${LIVE}connection: close\r\n\r\n`)
  t.match((await heard(next)).said, /^HTTP\/1\.1 200 /)
  await openSilent(open, 2)
  t.equal((await heard(open())).said, '')
  t.match(
    service.lines.map(line => JSON.parse(line)).filter(({ level }) => level === 40),
    [{ dropped: 1, most: 3, msg: 'there are too many connections; others are turned away' }],
    'one line in a minute'
  )
})

t.test('connections without a request make room, the oldest first; a busy one stays', async t => {
  const service = await serve(t, { MAX_CONNECTIONS: '3' })
  const open = await listen(t, service)
  const busy = await openBusy(open, service)
  const silent = await openSilent(open, 2)
  for (const socket of silent) {
    const closing = heard(socket)
    t.equal((await heard(open())).said, '', 'one is turned away')
    t.equal((await closing).said, '')
    const next = open()
    next.write(`${LIVE}connection: close\r\n\r\n`)
    t.match((await heard(next)).said, /^HTTP\/1\.1 200 /, 'and the next one gets in')
    if (socket === silent[0]) {
      t.notOk(silent[1]?.closed)
      await openSilent(open, 1)
    }
  }
  busy.write('}')
  t.match((await heard(busy)).said, /^HTTP\/1\.1 400 /)
})

t.test('busy connections are not closed for others', async t => {
  const service = await serve(t, { MAX_CONNECTIONS: '1' })
  const open = await listen(t, service)
  const busy = await openBusy(open, service)
  t.equal((await heard(open())).said, '')
  busy.write('}')
  t.match((await heard(busy)).said, /^HTTP\/1\.1 400 /)
})

/** Sends a login, which takes long, and two new todos in one packet. Gives the responses of the server. */
async function pipeline(t: Test) {
  const service = await serve(t)
  const { accessToken: token, user } = await service.signUp()
  const post = (path: string, body: object) => {
    const json = JSON.stringify(body)
    const head = `POST ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}`
    return `${head}\r\ncontent-type: application/json\r\ncontent-length: ${json.length}\r\n\r\n${json}`
  }
  const responses: ServerResponse[] = []
  const todo = post('/api/todos', { title: 'x' })
  const socket = (await listen(t, service))()
  const login = post('/api/auth/login', { email: user.email, password: PASSWORD })
  socket.write(login + todo + todo.replace('host:', 'connection: close\r\nhost:'))
  for await (const [, response] of on(service.app.server, 'request'))
    if (responses.push(response) === 3) break
  const countTodos = async () => (await service.call('GET', '/api/todos', { token })).body.items.length
  return { socket, service, responses, countTodos }
}

t.test('pipelined requests are answered one after another', async t => {
  const { socket, responses, countTodos } = await pipeline(t)
  const answered = () => responses.map(response => response.headersSent)
  const [login, first, second] = responses
  const hearing = heard(socket)
  await once(login as ServerResponse, 'finish')
  t.strictSame(answered(), [true, false, false])
  await once(first as ServerResponse, 'finish')
  t.strictSame(answered(), [true, true, false])
  await once(second as ServerResponse, 'finish')
  t.equal(await countTodos(), 2)
  const { said } = await hearing
  t.strictSame(said.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 201', 'HTTP/1.1 201'])
})

t.test('pipelined requests that wait are not carried out once the client is gone', async t => {
  const { socket, service, countTodos } = await pipeline(t)
  socket.destroy()
  while ((await connectionsOf(service)) > 0) await sleep(5)
  t.equal(await countTodos(), 0)
})

t.test('a client that sends too many requests ahead loses its connection', async t => {
  const service = await serve(t)
  const open = await listen(t, service)
  const patient = open()
  patient.write(`${LIVE}\r\n`.repeat(190))
  patient.write(`${LIVE}connection: close\r\n\r\n`)
  t.equal((await heard(patient)).said.match(/HTTP\/1\.1 200/g)?.length, 191)
  const greedy = open()
  greedy.write(`${LIVE}\r\n`.repeat(1000))
  t.notMatch((await heard(greedy)).said, /HTTP.*HTTP/s)
})

t.test('there are descriptors for as many connections as may be', async t => {
  t.ok(getMaxDescriptors() > 64)
  t.equal(getMaxConnections(10_000, 10, 1_048_576), 10_000)
  t.equal(getMaxConnections(10_000, 10, 1024), 489)
  t.equal(getMaxConnections(10_000, 0, 64), 14)
  t.equal(getMaxConnections(10_000, 1000, 64), 1)
  t.equal(getMaxConnections(5, 0, Number.POSITIVE_INFINITY), 5)
  t.equal(getMaxDescriptors({ userLimits: { open_files: { soft: 256 } } }), 256)
  t.equal(getMaxDescriptors({ userLimits: { open_files: { soft: 'unlimited' } } }), Number.POSITIVE_INFINITY)
  t.equal(getMaxDescriptors({}), Number.POSITIVE_INFINITY, 'Windows has no such limit')
})

const FEW = [64, 128]
for (const few of FEW)
  t.test(`with ${few} descriptors, idle connections do not end the service`, async t => {
    const port = `${await freePort()}`
    const env = { PATH: process.env.PATH, PORT: port, RATE_LIMIT: 'off' }
    const limited = `ulimit -n ${few}; exec "$0" "$1" serve`
    const child = spawn('sh', ['-c', limited, process.execPath, PROGRAM], { cwd: t.testdir(), env })
    t.teardown(() => stop(child, 'SIGKILL'))
    child.stderr.resume()
    await once(child.stdout, 'data')
    child.stdout.resume()
    const url = `http://127.0.0.1:${port}`
    while (!(await fetch(`${url}/health/live`).catch(() => undefined))) await sleep(20)
    const body = { username: 'ada', email: 'ada@example.org', password: 'correct horse battery staple' }
    t.equal((await send(`${url}/api/auth/register`, { body })).status, 201)

    const sockets = Array.from({ length: 300 }, () =>
      connect(Number(port), '127.0.0.1').on('error', () => {})
    )
    await sleep(2500)
    t.equal(child.exitCode, null)
    for (const socket of sockets) socket.destroy()
    await sleep(100)
    const { status }: Pick<Answer, 'status'> = await send(`${url}/api/auth/login`, {
      body: { ...body, username: undefined }
    })
    t.equal(status, 200)
    t.equal(await stop(child, 'SIGTERM'), 0)
  })
