import { connect } from 'node:net'
import t from 'tap'
import { catalogue } from '../../src/features.ts'
import { type Answer, expectedProblem, PASSWORD, type Service, serve } from '../support/service.ts'

const register = '/api/auth/register'
const json = { 'content-type': 'application/json' }

t.test('an unknown path is 404', async t => {
  const { call } = await serve(t)
  for (const path of ['/nope', '/api/todos/a/b', '/API/todos', '//', '/api/auth']) {
    const answer = await call('GET', path)
    t.strictSame(answer.body, expectedProblem(answer, 404, 'not_found'), path)
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
    t.strictSame(answer.body, expectedProblem(answer, 405, 'method_not_allowed'))
    t.strictSame(answer.headers.allow?.split(', ').sort(), allowed.split(', ').sort(), `${method} ${path}`)
  }
})

t.test('unreadable bodies are refused with a reason', async t => {
  const { call } = await serve(t)
  const cases = ['{"username":', '{"a":1}}', '{"__proto__":{"a":1}}', '{"constructor":{"prototype":1}}']
  for (const body of cases) {
    const answer = await call('POST', register, { body })
    t.strictSame(answer.body, expectedProblem(answer, 400, 'malformed_request'), body)
  }
  const url = await call('GET', '/api/todos/%zz')
  t.strictSame(url.body, expectedProblem(url, 400, 'malformed_request'))
  const long = await call('GET', `/api/todos/${'x'.repeat(101)}`)
  t.strictSame(long.body, expectedProblem(long, 414, 'uri_too_long'))
})

t.test('bytes that are not UTF-8 are refused, not replaced', async t => {
  const { app } = await serve(t)
  const payload = Buffer.from(`{"email":"a@b.co","password":"caf\xe9 caf\xe9"}`, 'latin1')
  const response = await app.inject({ method: 'POST', url: '/api/auth/login', payload, headers: json })
  t.match(response.json(), { status: 400, code: 'malformed_request' })
})

t.test('a wrong media type is 415, and the answer names the accepted types', async t => {
  const { call, signUp } = await serve(t)
  const types = [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/merge-patch+json',
    'nonsense'
  ]
  for (const type of types) {
    const answer = await call('POST', register, { body: '{}', headers: { 'content-type': type } })
    t.strictSame(answer.body, expectedProblem(answer, 415, 'unsupported_media_type'), type)
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
  t.strictSame(answer.body, expectedProblem(answer, 413, 'body_too_large'))
  t.match((await call('POST', register, { body: bodyOf(65_536) })).body, { code: 'validation_failed' })
})

t.test(
  '[LOGSAFE] an error of ours is a 500 that tells nothing but its id, under which the log has it',
  async t => {
    const { app, call, lines, signUp } = await serve(t)
    const { accessToken: token } = await signUp()
    app.sessions.authenticate = async () => {
      throw new TypeError('an inside of ours')
    }
    const answer = await call('GET', '/api/auth/me', { token })
    t.strictSame(answer.body, expectedProblem(answer, 500, 'internal_error', { action: 'retry' }))
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
  clock.advance(300)
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

/** Sends bytes to a service that listens, and reads the answer to its end. */
async function sender({ app }: Service) {
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as { port: number }
  const receive = (text: string) =>
    new Promise<string>(resolve => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text))
      let received = ''
      socket.setEncoding('utf8').on('data', data => {
        received += data
      })
      socket.on('close', () => resolve(received))
    })
  return async (text: string): Promise<Answer> => {
    const [head = '', body = ''] = (await receive(text)).split('\r\n\r\n')
    const [first = '', ...lines] = head.split('\r\n')
    const headers = Object.fromEntries(lines.map(line => line.toLowerCase().split(': ')))
    return { status: Number(first.split(' ')[1]), headers, body: body && JSON.parse(body) }
  }
}

/** What every answer has. */
const EVERYWHERE = {
  'content-security-policy': "default-src 'none';base-uri 'none';frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'deny',
  'access-control-expose-headers': /x-request-id/
}

t.test('bytes that are not HTTP get a problem document, too', async t => {
  const service = await serve(t)
  const send = await sender(service)
  const padding = `x: ${'x'.repeat(20_000)}`
  const cases = [
    ['nonsense\r\n\r\n', 400, 'malformed_request'],
    ['get / HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'malformed_request'],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'malformed_request'],
    ['GET nothing HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'malformed_request'],
    ['GET / HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n', 400, 'malformed_request'],
    [`GET / HTTP/1.1\r\nhost: x\r\n${padding}\r\n\r\n`, 431, 'headers_too_large']
  ] as const
  for (const [text, status, code] of cases) {
    const answer = await send(text)
    t.strictSame(answer.body, expectedProblem(answer, status, code), text.slice(0, 40))
    t.match(answer.headers, {
      ...EVERYWHERE,
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-request-id': answer.body.instance,
      'access-control-allow-origin': '*',
      date: 'thu, 01 jan 2026 00:00:00 gmt',
      'strict-transport-security': undefined
    })
  }

  const { port } = service.app.server.address() as { port: number }
  const socket = connect(port, '127.0.0.1')
  await new Promise(resolve => socket.on('connect', resolve))
  socket.destroy()
})

t.test('it may be read by the pages that CORS_ORIGIN lists, as far as their origin has arrived', async t => {
  const CORS_ORIGIN = 'https://a.example, https://*.app.example'
  const send = await sender(await serve(t, { CORS_ORIGIN }))
  const allowed = async (lines: string) => {
    const { headers } = await send(`GET / HTTP/1.1\r\n${lines}\r\nbad header\r\n\r\n`)
    t.equal(headers.vary, 'origin')
    return headers['access-control-allow-origin']
  }
  t.equal(await allowed('Host: x\r\nOrigin: https://a.example'), 'https://a.example')
  t.equal(await allowed('ORIGIN:https://pr-7.app.example \r\nHost: x'), 'https://pr-7.app.example')
  t.equal(await allowed('Host: x\r\nOrigin: https://b.example'), undefined)
  t.equal(await allowed('Host: x\r\nX-Origin: https://a.example'), undefined)
})

t.test('a request names one host', async t => {
  const send = await sender(await serve(t))
  const get = (lines: string, version = '1.1') =>
    send(`GET /api/limits HTTP/${version}\r\n${lines}Connection: close\r\n\r\n`)
  for (const lines of [
    '',
    'Host: a\r\nHost: b\r\n',
    'Host: a\r\nhOST: a\r\n',
    'Host: a b\r\n',
    'Host: user@a\r\n',
    'Host: a/b\r\n',
    'Host: a:80:80\r\n'
  ]) {
    const answer = await get(lines)
    t.strictSame(answer.body, expectedProblem(answer, 400, 'malformed_request'), lines)
    t.equal(answer.body.detail, 'Send one Host header, with the name or the address of the service.')
    t.match(answer.headers, { ...EVERYWHERE, 'x-request-id': answer.body.instance })
  }
  for (const host of ['a', 'a.example:3000', '[::1]:3000', '127.0.0.1', 'a_b', ''])
    t.equal((await get(`Host: ${host}\r\n`)).status, 200, host)
  t.equal((await get('', '1.0')).status, 200, 'before HTTP/1.1 there was none')
})

t.test(
  'unusual ways to ask are answered, with a status of the client’s fault or as they are meant',
  async t => {
    const service = await serve(t)
    const send = await sender(service)
    const ask = (line: string, more = '') => send(`${line}\r\nHost: x\r\n${more}Connection: close\r\n\r\n`)
    t.equal((await ask('GET http://x/api/limits HTTP/1.1')).status, 200)
    t.equal((await ask('GET HTTP://x/health/live?a=b HTTP/1.1')).status, 200)
    t.equal((await ask('GET http://x HTTP/1.1')).body.name, 'latchkey')
    t.equal((await ask('GET /api/limits HTTP/1.0')).status, 200)
    t.equal((await ask('OPTIONS * HTTP/1.1')).status, 204)
    t.equal((await ask('POST /api/auth/logout HTTP/1.1', 'Expect: the-unexpected\r\n')).status, 204)
    t.equal((await ask('GET /api/limits HTTP/1.1', 'Connection: upgrade\r\nUpgrade: h2c\r\n')).status, 200)

    const wrong = await ask('POST http://user:secret@x/api/limits?token=secret HTTP/1.1')
    t.strictSame(wrong.body, expectedProblem(wrong, 405, 'method_not_allowed'))
    t.equal(wrong.headers.allow, 'get, head')
    t.match(JSON.parse(service.lines.at(-1) ?? ''), { path: '/api/limits', status: 405 })

    const tunnel = await ask('CONNECT example.org:443 HTTP/1.1', 'Origin: https://app.example\r\n')
    t.strictSame(tunnel.body, expectedProblem(tunnel, 405, 'method_not_allowed'))
    t.match(tunnel.headers, {
      ...EVERYWHERE,
      allow: 'get, head, post, put, patch, delete, options',
      'x-request-id': tunnel.body.instance
    })
    t.notOk(
      service.lines.some(line => JSON.parse(line).level > 30),
      'no error of ours'
    )
  }
)

t.test(
  'no method makes an error of ours: an unknown path is 404, a known one 405, whatever is sent',
  async t => {
    const { call, lines } = await serve(t)
    const methods = ['QUERY', 'PROPFIND', 'TRACE', 'LINK', 'M-SEARCH', 'PURGE', 'POST']
    const bodies: { body?: string; headers?: Record<string, string> }[] = [
      {},
      { body: '{"a":' },
      { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      { body: 'a', headers: { 'content-type': 'nonsense' } },
      { body: '{}', headers: { 'content-encoding': 'gzip' } },
      { body: `"${'x'.repeat(70_000)}"` }
    ]
    for (const method of methods)
      for (const body of bodies) {
        const unknown = await call(method, '/nope', body)
        t.strictSame(
          unknown.body,
          expectedProblem(unknown, 404, 'not_found'),
          `${method} ${JSON.stringify(body)}`
        )
        const known = await call(method, '/api/limits', body)
        t.strictSame(known.body, expectedProblem(known, 405, 'method_not_allowed'), method)
        t.equal(known.headers.allow, 'GET, HEAD')
      }
    t.notOk(lines.some(line => JSON.parse(line).level > 30))
  }
)

t.test('an address that the router cannot read is refused as everything is, and logged', async t => {
  const { call, lines } = await serve(t)
  const headers = { origin: 'https://app.example' }
  const long = `/api/todos/${'x'.repeat(101)}`
  const cases = [
    ['/%zz?token=secret', 400, 'malformed_request', ['GET', 'POST', 'QUERY']],
    ['/api/todos/%ff', 400, 'malformed_request', ['GET', 'PATCH', 'M-SEARCH']],
    [long, 414, 'uri_too_long', ['GET', 'POST', 'PUT']]
  ] as const
  for (const [path, status, code, methods] of cases)
    for (const method of methods) {
      const answer = await call(method, path, { headers })
      t.strictSame(answer.body, expectedProblem(answer, status, code), `${method} ${path}`)
      t.match(answer.headers, {
        ...EVERYWHERE,
        'x-frame-options': 'DENY',
        'access-control-expose-headers': String,
        'access-control-allow-origin': '*',
        'cache-control': 'no-store',
        'x-request-id': answer.body.instance
      })
      t.match(JSON.parse(lines.at(-1) ?? ''), {
        level: 30,
        method,
        path: path.split('?')[0],
        status,
        reqId: answer.body.instance
      })
    }
  t.equal((await call('OPTIONS', '/%zz', { headers })).status, 204, 'a browser asks first')
  const { body } = await call('GET', '/.nowhere')
  t.equal(body.code, 'not_found')
})

t.test('a refusal of a library keeps its status', async t => {
  const { app, call, lines } = await serve(t)
  for (const [path, status, code] of [
    ['/docs/static/%00', 403, 'request_refused'],
    ['/docs/static/a%5cb', 403, 'request_refused'],
    ['/docs/static/%2e%2e%2f%2e%2e%2fpackage.json', 404, 'not_found'],
    ['/docs/static/nothing.js', 404, 'not_found'],
    ['/docs/static/.git', 404, 'not_found']
  ] as const) {
    const answer = await call('GET', path)
    t.strictSame(answer.body, expectedProblem(answer, status, code), path)
  }
  const refuse = async (error: unknown) => {
    app.sessions.authenticate = async () => {
      throw error
    }
    return call('GET', '/api/auth/me', { token: 'x' })
  }
  t.match(await refuse(Object.assign(new Error(), { status: 400 })), {
    status: 400,
    body: { code: 'malformed_request', status: 400 }
  })
  t.notOk(
    lines.some(line => JSON.parse(line).level > 30),
    'nothing of this is an error of ours'
  )
  const ours = [
    Object.assign(new Error(), { statusCode: 503 }),
    Object.assign(new Error(), { statusCode: 'ENOENT' }),
    Object.assign(new Error(), { statusCode: 302 }),
    'text',
    null
  ]
  for (const error of ours) t.match(await refuse(error), { status: 500, body: { code: 'internal_error' } })
})

t.test('no bytes are no body, whatever type they are of', async t => {
  const service = await serve(t)
  const send = await sender(service)
  const { accessToken } = await service.signUp()
  const types = [
    'application/x-www-form-urlencoded',
    'text/plain;charset=UTF-8',
    'multipart/form-data; boundary=x',
    'nonsense',
    ''
  ]
  const post = (path: string, type: string, body: string) =>
    send(`POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ${type}\r\n${body}`)
  for (const type of types) {
    t.equal((await post('/api/auth/logout', type, 'Content-Length: 0\r\n\r\n')).status, 204, type)
    t.equal((await post('/api/auth/logout', type, '\r\n')).status, 204, type)
    const refresh = await post('/api/auth/refresh', type, 'Content-Length: 0\r\n\r\n')
    t.strictSame(
      refresh.body,
      expectedProblem(refresh, 400, 'validation_failed', {
        errors: [{ pointer: '', detail: 'must be of type object' }]
      }),
      type
    )
    const restore = `/api/todos/01a20996-fb6c-78b7-96ed-227b58a269d2/restore HTTP/1.1\r\nAuthorization: Bearer ${accessToken}`
    const head = `POST ${restore}\r\nHost: x\r\nConnection: close\r\nContent-Type: ${type}\r\n\r\n`
    t.equal((await send(head)).body.code, 'todo_not_found')
  }
  const lines = `application/x-ndjson; charset=utf-8\r\nAuthorization: Bearer ${accessToken}`
  const nothing = await post('/api/todos/import', lines, 'Content-Length: 0\r\n\r\n')
  t.strictSame(nothing.body, { created: 0, existing: 0 }, 'no lines are lines')
  const chunked = 'Transfer-Encoding: chunked\r\n\r\n'
  const form = 'application/x-www-form-urlencoded'
  t.equal((await post('/api/auth/logout', form, `${chunked}0\r\n\r\n`)).status, 204)
  t.equal((await post('/api/auth/logout', 'application/json', `${chunked}0\r\n\r\n`)).status, 204)
  t.equal((await post('/api/auth/logout', 'application/json', `${chunked}2\r\n{}\r\n0\r\n\r\n`)).status, 204)

  for (const [type, body, status, code] of [
    [form, 'Content-Length: 9\r\n\r\nscope=all', 415, 'unsupported_media_type'],
    [form, `${chunked}9\r\nscope=all\r\n0\r\n\r\n`, 415, 'unsupported_media_type'],
    ['application/json', 'Content-Length: 1\r\n\r\n{', 400, 'malformed_request']
  ] as const) {
    const answer = await post('/api/auth/logout', type, body)
    t.strictSame(
      answer.body,
      expectedProblem(answer, status, code),
      'which sessions were meant, nobody knows'
    )
  }
})

t.test('a body that is encoded is refused, and it is said that it should not be', async t => {
  const { call, signUp } = await serve(t)
  const { accessToken: token } = await signUp()
  const send = (coding: string) =>
    call('POST', '/api/todos', {
      token,
      body: { title: 'Buy milk' },
      headers: { 'content-encoding': coding }
    })
  for (const coding of ['gzip', 'br', 'x-unknown', 'identity, gzip', 'aes128gcm']) {
    const answer = await send(coding)
    t.strictSame(answer.body, expectedProblem(answer, 415, 'unsupported_media_type'), coding)
    t.equal(answer.body.detail, 'Send the body as it is, without a Content-Encoding.')
    t.match(answer.headers, { 'accept-encoding': 'identity', accept: undefined })
  }
  for (const coding of ['identity', 'Identity', '']) t.equal((await send(coding)).status, 201, coding)
  const get = await call('GET', '/api/todos', { token, headers: { 'content-encoding': 'gzip' } })
  t.equal(get.status, 200, 'without a body there is nothing to decode')
})

t.test('a client that is gone gets no answer', async t => {
  const { app } = await serve(t)
  let written = false
  const gone = { writable: false, end: () => (written = true), destroy() {} }
  app.server.emit('clientError', new Error('reset'), gone)
  t.equal(written, false)
})

t.test('a request that does not arrive is 408', async t => {
  const { app } = await serve(t)
  let written = ''
  const slow = { writable: true, end: (text: string) => (written = text), destroy() {} }
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

t.test('a body of more values than are looked at is refused before it is read', async t => {
  const { call, signUp } = await serve(t)
  const { accessToken: token } = await signUp()
  const detail = 'holds more than 16384 values, names of members among them; send less at a time'
  const members = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [n.toString(36), 1]))
  const bodies: [string, string, unknown, string?][] = [
    ['POST', '/api/todos/batch', { operations: Array(10_000).fill({}) }],
    ['POST', '/api/todos', { title: 'x', ...members(8200) }],
    ['POST', '/api/todos', `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
    ['POST', register, members(8200)],
    ['PATCH', '/api/todos/01a20996-fb6c-78b7-96ed-227b58a269d2', { tags: Array(16_400).fill('x') }]
  ]
  for (const [method, path, body] of bodies) {
    const answer = await call(method, path, { token, body })
    const errors = [{ pointer: '', detail }]
    t.strictSame(answer.body, expectedProblem(answer, 400, 'validation_failed', { errors }), path)
  }
  const headers = { 'content-type': 'application/x-ndjson' }
  const lines = `{"title":"x"}\n${JSON.stringify({ title: 'x', tags: Array(16_400).fill('x') })}\n`
  const imported = await call('POST', '/api/todos/import', { token, body: lines, headers })
  t.strictSame(imported.body.errors, [{ pointer: '/1', detail }])
})

t.test('faults are collected up to a hundred, and a long name is cut', async t => {
  const { call, signUp } = await serve(t)
  const { accessToken: token } = await signUp()
  const operations = Array.from({ length: 101 }, () => ({ op: 'x' }))
  const many = await call('POST', '/api/todos/batch', { token, body: { operations } })
  t.equal(many.body.errors.length, 100)
  t.strictSame(many.body.errors[0], {
    pointer: '/operations',
    detail: 'is not accepted; give a list of 1 to 100 operations'
  })
  const known =
    'is not known; known are id, title, description, done, due, priority, tags, repeat, listId, parentId'
  for (const [name, shown, detail] of [
    ['titel', 'titel', 'is not known; did you mean title?'],
    ['x'.repeat(100), 'x'.repeat(100), known],
    [`${'/'.repeat(99)}😀${'x'.repeat(60_000)}`, `${'~1'.repeat(99)}\ufffd…`, known]
  ] as const) {
    const answer = await call('POST', '/api/todos', { token, body: { title: 'x', [name]: 1 } })
    t.strictSame(answer.body.errors, [{ pointer: `/${shown}`, detail }])
  }
  const query = await call('GET', `/api/todos?${'x'.repeat(5000)}=1`, { token })
  t.strictSame(
    query.body.errors.map(({ parameter }: { parameter: string }) => parameter),
    [`${'x'.repeat(100)}…`]
  )
})
