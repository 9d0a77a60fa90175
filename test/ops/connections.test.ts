import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { getMaxConnections, getMaxDescriptors } from '../../src/process/descriptors.ts'
import { freePort } from '../support/free-port.ts'
import { PROGRAM, send, stop } from '../support/process.ts'
import { type Answer, serve } from '../support/service.ts'

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

t.test('there are no more connections than there may be; idle ones make room', async t => {
  const service = await serve(t, { MAX_CONNECTIONS: '3' })
  const open = await listen(t, service)
  const idle = open()
  idle.write('GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n')
  await once(idle, 'data')
  const silent = [open(), open()]
  await Promise.all(silent.map(socket => once(socket, 'connect')))
  t.equal((await heard(open())).said, '')
  if (!idle.closed) await once(idle, 'close')
  const next = open()
  next.write('GET /health/live HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  t.match((await heard(next)).said, /^HTTP\/1\.1 200 /)
  silent.push(open())
  await once(silent[2] as Socket, 'connect')
  t.equal((await heard(open())).said, '')
  t.match(
    service.lines.map(line => JSON.parse(line)).filter(({ level }) => level === 40),
    [{ dropped: 1, most: 3, msg: 'there are too many connections; others are turned away' }],
    'told once'
  )
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
