import { connect } from 'node:net'
import t from 'tap'
import { catalogue } from '../../src/errors.ts'
import { PASSWORD, problem, serve } from '../service.ts'

const register = '/api/auth/register'
const json = { 'content-type': 'application/json' }

t.test('an unknown path is 404', async t => {
  const { call } = await serve(t)
  for (const path of ['/nope', '/api/todos/a/b', '/API/todos', '//', '/api/auth']) {
    const answer = await call('GET', path)
    t.strictSame(answer.body, problem(answer, 404, 'not_found'), path)
    t.match(answer.headers, { 'content-type': /^application\/problem\+json/, 'cache-control': 'no-store' })
  }
})

t.test('a known path with a wrong method is 405 and lists those allowed', async t => {
  const { call } = await serve(t)
  const cases = [
    ['GET', register, 'POST'],
    ['PUT', '/api/todos?x=1', 'GET, HEAD, POST'],
    ['POST', '/api/todos/01a20996-fb6c-78b7-96ed-227b58a269d2', 'GET, HEAD, PUT, PATCH, DELETE'],
    ['DELETE', '/health/live', 'GET, HEAD']
  ] as const
  for (const [method, path, allowed] of cases) {
    const answer = await call(method, path)
    t.strictSame(answer.body, problem(answer, 405, 'method_not_allowed'))
    t.strictSame(answer.headers.allow?.split(', ').sort(), allowed.split(', ').sort(), `${method} ${path}`)
  }
})

t.test('what cannot be read is told', async t => {
  const { call } = await serve(t)
  const cases = ['{"username":', '{"a":1}}', '{"__proto__":{"a":1}}', '{"constructor":{"prototype":1}}']
  for (const body of cases) {
    const answer = await call('POST', register, { body })
    t.strictSame(answer.body, problem(answer, 400, 'malformed_request'), body)
  }
  const url = await call('GET', '/api/todos/%zz')
  t.strictSame(url.body, problem(url, 400, 'malformed_request'))
  const long = await call('GET', `/api/todos/${'x'.repeat(101)}`)
  t.strictSame(long.body, problem(long, 414, 'uri_too_long'))
})

t.test('bytes that are not UTF-8 are refused, not replaced', async t => {
  const { app } = await serve(t)
  const payload = Buffer.from(`{"email":"a@b.co","password":"caf\xe9 caf\xe9"}`, 'latin1')
  const response = await app.inject({ method: 'POST', url: '/api/auth/login', payload, headers: json })
  t.match(response.json(), { status: 400, code: 'malformed_request' })
})

t.test('a wrong media type is 415 and says what is accepted', async t => {
  const { call, signUp } = await serve(t)
  const types = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/merge-patch+json',
    'nonsense'
  ]
  for (const type of types) {
    const answer = await call('POST', register, { body: '{}', headers: { 'content-type': type } })
    t.strictSame(answer.body, problem(answer, 415, 'unsupported_media_type'), type)
    t.match(answer.headers, { accept: 'application/json', 'accept-patch': undefined })
  }
  const { accessToken: token } = await signUp()
  const path = '/api/todos/01a20996-fb6c-78b7-96ed-227b58a269d2'
  const patch = await call('PATCH', path, {
    token,
    body: '[]',
    headers: { 'content-type': 'application/json-patch+json' }
  })
  t.match(patch, {
    status: 415,
    headers: { 'accept-patch': 'application/merge-patch+json, application/json' }
  })
})

t.test('a body over 64 KiB is 413', async t => {
  const { call } = await serve(t)
  const bodyOf = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`
  const answer = await call('POST', register, { body: bodyOf(65_537) })
  t.strictSame(answer.body, problem(answer, 413, 'body_too_large'))
  t.match((await call('POST', register, { body: bodyOf(65_536) })).body, { code: 'validation_failed' })
})

t.test(
  '[LOGSAFE] an error of ours is a 500 that tells nothing but its id, under which the log has it',
  async t => {
    const { app, call, lines, signUp } = await serve(t)
    const { accessToken: token } = await signUp()
    app.sessions.identify = async () => {
      throw new TypeError('an inside of ours')
    }
    const answer = await call('GET', '/api/auth/me', { token })
    t.strictSame(answer.body, problem(answer, 500, 'internal_error', { action: 'retry' }))
    t.notMatch(JSON.stringify(answer), /inside/)
    const logged = lines.map(line => JSON.parse(line)).find(({ level }) => level === 50)
    t.match(logged, { reqId: answer.body.instance, err: { message: 'an inside of ours' } })
  }
)

t.test('[LOGSAFE] no password, token or hash in any log line', async t => {
  const { clock, call, lines, refresh } = await serve(t, { LOG_LEVEL: 'trace' })
  const body = { username: 'ada', email: 'ada@example.org', password: PASSWORD }
  const pair = (await call('POST', register, { body })).body
  await call('POST', register, { body })
  await call('POST', '/api/auth/login', { body: { email: body.email, password: `${PASSWORD}!` } })
  await call('GET', `/api/todos?access_token=${pair.accessToken}`, { token: pair.accessToken })
  await call('GET', '/api/todos', { token: `${pair.accessToken}x` })
  clock.pass(300)
  const next = (await refresh(pair)).body
  await call('POST', '/api/auth/login', { body: `{"password":"${PASSWORD}"` })
  await call('POST', '/api/auth/logout', { token: next.accessToken })

  t.equal(lines.length, 8, 'one line for each request')
  const log = lines.join('')
  for (const secret of [
    PASSWORD,
    'argon2',
    pair.accessToken,
    pair.refreshToken,
    next.accessToken,
    next.refreshToken
  ])
    t.notOk(log.includes(secret))
  t.match(JSON.parse(lines[3] ?? ''), {
    level: 30,
    reqId: String,
    method: 'GET',
    path: '/api/todos',
    status: 400,
    ms: Number,
    ip: '127.0.0.1',
    msg: 'request'
  })
})

t.test('what is not HTTP is answered as a problem too', async t => {
  const { app } = await serve(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as { port: number }
  const send = (text: string) =>
    new Promise<string>(resolve => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text))
      let received = ''
      socket.setEncoding('utf8').on('data', data => {
        received += data
      })
      socket.on('close', () => resolve(received))
    })
  const cases = [
    ['nonsense\r\n\r\n', 400, 'malformed_request'],
    [`GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large']
  ] as const
  for (const [text, status, code] of cases) {
    const [head = '', body = ''] = (await send(text)).split('\r\n\r\n')
    t.match(head, new RegExp(`^HTTP/1.1 ${status} .*\\r\\nContent-Type: application/problem\\+json\\r\\n`))
    t.match(JSON.parse(body), { type: `/problems/${code}`, status, code, instance: String })
  }

  const socket = connect(port, '127.0.0.1')
  await new Promise(resolve => socket.on('connect', resolve))
  socket.destroy()
})

t.test('a client that is gone gets no answer', async t => {
  const { app } = await serve(t)
  let written = false
  const gone = { writable: false, end: () => (written = true) }
  app.server.emit('clientError', new Error('reset'), gone)
  t.equal(written, false)
})

t.test('a request that does not arrive is 408', async t => {
  const { app } = await serve(t)
  let written = ''
  const slow = { writable: true, end: (text: string) => (written = text) }
  app.server.emit('clientError', Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), slow)
  t.match(written, /^HTTP\/1.1 408 Request Timeout\r\n/)
  t.match(JSON.parse(written.split('\r\n\r\n')[1] ?? ''), { code: 'request_timeout', action: 'retry' })
})

t.test(
  '[R6750-3.1] titles serve as error_description: plain ASCII without quotes and backslashes',
  async t => {
    for (const { title } of Object.values(catalogue)) t.match(title, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
  }
)
