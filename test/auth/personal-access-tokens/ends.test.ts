import { PassThrough } from 'node:stream'
import t, { type Test } from 'tap'
import { createAccountAdmin } from '../../../src/auth/accounts/admin.ts'
import { serveAda, verifyEmail } from '../../accounts/mail-service.ts'
import { emptyDatabase } from '../../support/databases.ts'
import { codeOf, parameterOf } from '../../support/mailbox.ts'
import { PASSWORD, type Pair, type Service, serve } from '../../support/service.ts'
import { type CreatedToken, createToken, eventsOf, serveOwner } from './token-service.ts'

const NEW_PASSWORD = `${PASSWORD} too`

/** Two instances of the service on one database, and a token that both have let in, to read and to write. */
async function twoInstances(t: Test) {
  const database = await emptyDatabase(t)
  const settings = { DATABASE_URL: database === ':memory:' ? `file:${t.testdir()}/latchkey.db` : database }
  const [one, other] = [await serve(t, settings), await serve(t, settings)]
  const pair = await one.signUp()
  const { id, token } = await createToken(one, pair.accessToken)
  const statesOf = async (token: string) => {
    const answers = [one, other].flatMap(({ call }) => [
      call('GET', '/api/todos', { token }),
      call('POST', '/api/todos', { token, body: { title: 'x' } })
    ])
    return (await Promise.all(answers)).map(({ status, body }) => body.code ?? status)
  }
  for (const _ of [1, 2]) t.strictSame(await statesOf(token), [200, 201, 200, 201])
  return { one, other, pair, id, token, statesOf }
}

type End = (service: Service, pair: Pair, id: string) => Promise<unknown>

const own = ({ call }: Service, { accessToken: token }: Pair, method: string, path: string, body?: object) =>
  call(method, `/api/auth${path}`, { token, body })
const asOperator = async ({ app }: Service, { user }: Pair, act: 'disable' | 'signOut' | 'removeFactors') => {
  const admin = createAccountAdmin(app.store, false)
  const account = await admin.find(user.id)
  if (account) await admin[act](account)
}

const ends: Record<string, End> = {
  'its revocation': (service, pair, id) => own(service, pair, 'DELETE', `/tokens/${id}`),
  'a change of the password that ends other sessions': (service, pair) =>
    own(service, pair, 'PUT', '/password', {
      currentPassword: PASSWORD,
      newPassword: NEW_PASSWORD,
      endOtherSessions: true
    }),
  'the end of the account': (service, pair) => own(service, pair, 'DELETE', '/me', { password: PASSWORD }),
  'the disabling of the account': (service, pair) => asOperator(service, pair, 'disable'),
  'a sign-out by an operator': (service, pair) => asOperator(service, pair, 'signOut'),
  'a removal of the second factors by an operator': (service, pair) =>
    asOperator(service, pair, 'removeFactors')
}

for (const [what, end] of Object.entries(ends))
  t.test(`[SCOPE] ${what} ends a token at once, wherever it happened`, async t => {
    for (const by of ['one', 'other'] as const) {
      const { [by]: instance, pair, id, token, statesOf } = await twoInstances(t)
      await end(instance, pair, id)
      for (const _ of [1, 2])
        t.strictSame(await statesOf(token), Array(4).fill('personal_access_token_invalid'), `by ${by}`)
    }
  })

t.test('what ends no other session leaves tokens alone', async t => {
  const { call, own, create } = await serveOwner(t)
  const { token } = await create()
  const works = async () => t.equal((await call('GET', '/api/todos', { token })).status, 200)
  const changed = await own('PUT', '/password', { currentPassword: PASSWORD, newPassword: NEW_PASSWORD })
  t.equal(changed.status, 200)
  await works()
  t.equal((await own('PATCH', '/me', { username: 'countess' })).status, 401)
  for (const scope of ['others', 'all'])
    t.equal(
      (await call('POST', '/api/auth/logout', { token: changed.body.accessToken, body: { scope } })).status,
      204
    )
  await works()
})

t.test('the audit log tells why tokens have ended', async t => {
  const service = await serveOwner(t)
  const { call, own, create, pair } = service
  await create()
  await create()
  const { body } = await own('PUT', '/password', {
    currentPassword: PASSWORD,
    newPassword: NEW_PASSWORD,
    endOtherSessions: true
  })
  const [first, second, third] = await eventsOf(service, body.accessToken)
  const ended = { type: 'token_revoked', sessionId: null, endReason: 'password_changed' }
  t.strictSame([first, second], [ended, ended])
  t.match(third, { type: 'password_changed' })

  await createToken(service, body.accessToken)
  await asOperator(service, pair, 'signOut')
  const again = await call('POST', '/api/auth/login', {
    body: { email: pair.user.email, password: NEW_PASSWORD }
  })
  const events = await eventsOf(service, again.body.accessToken)
  t.match(
    events.filter(({ endReason }: { endReason: string }) => endReason === 'signed_out_by_operator'),
    [{ type: 'session_ended' }, { type: 'token_revoked', sessionId: null }]
  )
})

t.test('a reset of the password ends tokens with the sessions, and leaves them with those', async t => {
  for (const [endSessions, status] of [
    [true, 401],
    [false, 200]
  ] as const) {
    const service = await serveAda(t)
    const { call, takeMails, pair } = service
    await verifyEmail(service, pair.accessToken)
    const { token } = await createToken(service, pair.accessToken)
    await takeMails()
    await call('POST', '/api/auth/password/reset-request', { body: { email: pair.user.email } })
    const [mail] = await takeMails()
    const body = { token: mail && parameterOf(mail, 'token'), newPassword: NEW_PASSWORD, endSessions }
    t.equal((await call('POST', '/api/auth/password/reset', { body })).status, 204)
    t.equal((await call('GET', '/api/todos', { token })).status, status)
  }
})

t.test('putting the former e-mail back ends the tokens', async t => {
  const service = await serveAda(t)
  const { call, takeMails, pair } = service
  const { token } = await createToken(service, pair.accessToken)
  await takeMails()
  const challenge = await call('PUT', '/api/auth/email', {
    token: pair.accessToken,
    body: { email: 'new@example.org', currentPassword: PASSWORD }
  })
  const [code] = await takeMails()
  await call('POST', '/api/auth/email/confirm', {
    token: pair.accessToken,
    body: { challengeId: challenge.body.challengeId, code: code && codeOf(code) }
  })
  const notice = (await takeMails()).find(({ kind }) => kind === 'email_changed')
  t.equal((await call('GET', '/api/todos', { token })).status, 200)
  const body = { token: notice && parameterOf(notice, 'token') }
  t.equal((await call('POST', '/api/auth/email/revert', { body })).status, 204)
  t.equal((await call('GET', '/api/todos', { token })).status, 401)
})

t.test('no token is made by a session that ends meanwhile', async t => {
  for (const [what, end] of Object.entries(ends)) {
    if (what === 'its revocation') continue
    const service = await serve(t)
    const pair = await service.signUp()
    const other = await service.call('POST', '/api/auth/login', {
      body: { email: pair.user.email, password: PASSWORD }
    })
    const [, ...made] = await Promise.all([
      end(service, pair, ''),
      ...Array.from({ length: 8 }, () =>
        service.call('POST', '/api/auth/tokens', {
          token: other.body.accessToken,
          body: { name: 'late', scopes: ['todos:read'] }
        })
      )
    ])
    for (const { body } of made) {
      if (!body.token) continue
      const { status } = await service.call('GET', '/api/todos', { token: body.token })
      t.equal(status, 401, what)
    }
  }
})

t.test('a session that ends while its request is under way neither makes nor ends a token', async t => {
  const { app, own, pair, create } = await serveOwner(t)
  const { id } = await create()
  const caller = await app.sessions.authenticate(pair.accessToken)
  const other = await own('POST', '/login', { email: pair.user.email, password: PASSWORD })
  await own('POST', '/logout')
  const client = { ip: '192.0.2.1', userAgent: null }
  const { personalAccessTokens: tokens } = app
  await t.rejects(tokens.create(caller, { name: 'late', scopes: ['todos:read'] }, client), {
    code: 'access_token_revoked'
  })
  await t.rejects(tokens.revoke(caller, id, client), { code: 'access_token_revoked' })
  const owner = await app.sessions.authenticate(other.body.accessToken)
  t.match(await tokens.list(owner.id), [{ id }])
  await tokens.revoke(owner, id, client)
  t.strictSame(await tokens.list(owner.id), [])
})

t.test('of many tokens at a time, those that have ended are refused', async t => {
  const { app, call, own, create } = await serveOwner(t)
  const tokens: CreatedToken[] = []
  for (let index = 0; index < 20; index++) tokens.push(await create())
  const read = () =>
    Promise.all(
      tokens.map(async ({ token }) => {
        const { statusCode } = await app.inject({
          url: '/api/todos',
          headers: { authorization: `Bearer ${token}` }
        })
        return statusCode
      })
    )
  for (const _ of [1, 2]) t.strictSame(await read(), Array(20).fill(200))
  for (const { id } of tokens.slice(0, 10)) await own('DELETE', `/tokens/${id}`)
  t.strictSame(await read(), [...Array(10).fill(401), ...Array(10).fill(200)])
  t.equal((await call('GET', '/api/todos', { token: tokens[19]?.token })).status, 200)
})

t.test('an account that goes while a request arrives is gone for whatever token it has', async t => {
  for (const kind of ['access_token_revoked', 'personal_access_token_invalid'] as const) {
    const { app, call, pair } = await serveOwner(t)
    const token =
      kind === 'access_token_revoked'
        ? pair.accessToken
        : (await createToken({ call }, pair.accessToken)).token
    const payload = new PassThrough()
    const answer = app.inject({
      method: 'POST',
      url: '/api/todos',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      payload
    })
    // The token is checked before the body is read.
    t.equal((await call('DELETE', '/api/auth/me', { token: pair.accessToken })).status, 204)
    payload.end('{"title":"x"}')
    const { statusCode, body } = await answer
    t.match({ statusCode, code: JSON.parse(body).code }, { statusCode: 401, code: kind })
  }
})
