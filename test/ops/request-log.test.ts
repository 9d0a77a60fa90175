import t from 'tap'
import { PASSWORD, serve } from '../support/service.ts'

const account = { username: 'countess', email: 'ada@example.org', password: PASSWORD }

t.test('a log line names the user of a request, and the code of a refusal', async t => {
  const { call, lines, clock } = await serve(t, { RATE_LIMIT: 'on' })
  const last = () => {
    const { method, path, status, user, code, ip } = JSON.parse(lines.at(-1) ?? '')
    t.equal(ip, '127.0.0.1')
    return [method, path, status, user, code]
  }
  const line = async (method: string, path: string, given: Parameters<typeof call>[2] = {}) => {
    const { body } = await call(method, path, given)
    return [body, last()]
  }
  const [pair, registered] = await line('POST', '/api/auth/register', { body: account })
  const { id } = pair.user
  t.strictSame(registered, ['POST', '/api/auth/register', 201, id, undefined])
  const [signedIn, login] = await line('POST', '/api/auth/login', {
    body: { email: account.email, password: PASSWORD }
  })
  t.strictSame(login, ['POST', '/api/auth/login', 200, id, undefined])
  const token = signedIn.accessToken
  const expected = [
    ['GET', '/api/todos', { token }, 200, id, undefined],
    ['GET', '/api/auth/me', { token }, 200, id, undefined],
    ['POST', '/api/todos', { token, body: {} }, 400, id, 'validation_failed'],
    ['GET', '/api/todos/01a20996-fb6c-78b7-96ed-227b58a269d2', { token }, 404, id, 'todo_not_found'],
    [
      'PUT',
      '/api/auth/password',
      { token, body: { currentPassword: 'no', newPassword: PASSWORD } },
      403,
      id,
      'password_wrong'
    ],
    [
      'POST',
      '/api/auth/refresh',
      { body: { accessToken: token, refreshToken: 'x' } },
      409,
      undefined,
      'access_token_not_expired'
    ],
    [
      'POST',
      '/api/auth/login',
      { body: { email: account.email, password: 'no' } },
      401,
      undefined,
      'invalid_credentials'
    ],
    ['GET', '/api/todos', {}, 401, undefined, 'authentication_required'],
    ['GET', '/api/todos', { token: 'x' }, 401, undefined, 'access_token_invalid'],
    ['GET', '/nowhere', { token }, 404, undefined, 'not_found'],
    ['DELETE', '/api/limits', {}, 405, undefined, 'method_not_allowed'],
    ['POST', '/api/auth/logout', { token }, 204, id, undefined],
    ['POST', '/api/auth/logout', { token: 'x' }, 204, undefined, undefined],
    ['GET', '/api/todos', { token }, 401, id, 'access_token_revoked']
  ] as const
  for (const [method, path, given, ...rest] of expected) {
    const [, said] = await line(method, path, given)
    t.strictSame(said, [method, path, ...rest])
  }
  clock.advance(300)
  const { accessToken, refreshToken } = pair
  const [, refreshed] = await line('POST', '/api/auth/refresh', { body: { accessToken, refreshToken } })
  t.strictSame(refreshed, ['POST', '/api/auth/refresh', 200, id, undefined])
  for (let count = 0; count < 30; count++) await call('POST', '/api/auth/login', { body: {} })
  t.strictSame(last(), ['POST', '/api/auth/login', 429, undefined, 'rate_limited'])
  for (const secret of [account.email, account.username, PASSWORD, token, refreshToken])
    t.notOk(lines.join('').includes(secret), 'nothing that was typed, no token')
})

t.test('bytes that are not HTTP have a log line, too', async t => {
  const { app, lines } = await serve(t)
  const socket = { writable: true, remoteAddress: '::ffff:192.0.2.7', end() {}, destroy() {} }
  app.server.emit('clientError', Object.assign(new Error(), { code: 'HPE_HEADER_OVERFLOW' }), socket)
  t.match(JSON.parse(lines.at(-1) ?? ''), {
    level: 30,
    reqId: /^[\da-f-]{36}$/,
    status: 431,
    ip: '192.0.2.7',
    code: 'headers_too_large',
    msg: 'request'
  })
})

t.test('bytes that are not HTTP do not fill the log', async t => {
  const { app, clock, lines } = await serve(t)
  const socket = { writable: true, remoteAddress: '192.0.2.7', end() {}, destroy() {} }
  const logged = (count: number) => {
    const before = lines.length
    for (let index = 0; index < count; index++) app.server.emit('clientError', new Error(), socket)
    return lines.slice(before).map(line => JSON.parse(line).unlogged)
  }
  t.strictSame(
    logged(150),
    Array.from({ length: 100 }, () => undefined)
  )
  clock.advance(60)
  t.strictSame(logged(2), [50, undefined], 'the next minute counts what was left out')
  clock.advance(60)
  t.strictSame(logged(1), [undefined])
})
