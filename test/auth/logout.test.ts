import t from 'tap'
import { createSessions } from '../../src/auth/sessions/sessions.ts'
import { readConfig } from '../../src/config/config.ts'
import { expectedProblem, PASSWORD, type Service, serve } from '../support/service.ts'

const email = 'ada@example.org'

/** Signs one person in three times. */
async function threeSessions({ call, signUp }: Service) {
  const one = await signUp({ email })
  const login = async () =>
    (await call('POST', '/api/auth/login', { body: { email, password: PASSWORD } })).body
  return [one.accessToken, (await login()).accessToken, (await login()).accessToken] as [
    string,
    string,
    string
  ]
}

const alive = ({ call }: Service, tokens: string[]) =>
  Promise.all(tokens.map(async token => (await call('GET', '/api/auth/me', { token })).status === 200))

t.test('[V7.4.1] after logout the access token stops at once', async t => {
  const service = await serve(t)
  const { call } = service
  const tokens = await threeSessions(service)
  const answer = await call('POST', '/api/auth/logout', { token: tokens[0] })
  t.match(answer, { status: 204, body: '', headers: { 'cache-control': 'no-store' } })
  const refused = await call('GET', '/api/todos', { token: tokens[0] })
  t.strictSame(refused.body, expectedProblem(refused, 401, 'access_token_revoked', { action: 'sign-in' }))
  t.strictSame(await alive(service, tokens), [false, true, true])
})

t.test('logout of the others, and of all', async t => {
  const service = await serve(t)
  const [one, two, three] = await threeSessions(service)
  const stranger = (await service.signUp()).accessToken
  const logout = (token: string, scope: string) =>
    service.call('POST', '/api/auth/logout', { token, body: { scope } })

  t.equal((await logout(two, 'others')).status, 204)
  t.strictSame(await alive(service, [one, two, three, stranger]), [false, true, false, true])
  t.equal((await logout(one, 'all')).status, 204, 'a token of an ended session is thanked')
  t.strictSame(await alive(service, [two, stranger]), [true, true], 'but has no power any more')
  t.equal((await logout(two, 'all')).status, 204)
  t.strictSame(await alive(service, [two, stranger]), [false, true])
})

t.test('logout always answers 204: expired, twice, with another’s token, or with none', async t => {
  const service = await serve(t)
  const { call, clock, signUp, refresh } = service
  const pair = await signUp()
  clock.advance(300)
  for (const token of [pair.accessToken, pair.accessToken, 'not a token', undefined])
    t.equal((await call('POST', '/api/auth/logout', { token })).status, 204)
  t.equal((await call('POST', '/api/auth/logout', { headers: { authorization: 'Bearer ' } })).status, 204)
  t.equal((await refresh(pair)).body.code, 'refresh_token_revoked')
})

t.test('an access token that has expired, or is stale, ends its own session at the most', async t => {
  const service = await serve(t)
  const { call, clock, refresh } = service
  const { signUp } = service
  const first = await signUp({ email })
  const login = async () =>
    (await call('POST', '/api/auth/login', { body: { email, password: PASSWORD } })).body
  const logout = async (token: string, scope: string) =>
    t.equal((await call('POST', '/api/auth/logout', { token, body: { scope } })).status, 204)

  clock.advance(300)
  const [own, other] = [(await refresh(first)).body, await login()]
  await logout(first.accessToken, 'others')
  t.strictSame(await alive(service, [own.accessToken, other.accessToken]), [true, true], 'expired: others')
  await logout(first.accessToken, 'all')
  t.strictSame(await alive(service, [own.accessToken, other.accessToken]), [false, true], 'expired: all')

  const third = await login()
  const body = { currentPassword: PASSWORD, newPassword: 'battery staple, correct horse' }
  const changed = (await call('PUT', '/api/auth/password', { token: third.accessToken, body })).body
  await logout(other.accessToken, 'others')
  await logout(other.accessToken, 'all')
  t.strictSame(await alive(service, [changed.accessToken]), [true], 'stale')
  t.equal((await refresh(other)).body.code, 'refresh_token_revoked', 'its own has ended')
  await logout(third.accessToken, 'all')
  t.strictSame(await alive(service, [changed.accessToken]), [false], 'stale, and exchanged: its own')
})

t.test('a logout fails when the database cannot answer', async t => {
  const { app, signUp } = await serve(t)
  const { accessToken } = await signUp()
  const atomically = () => Promise.reject(new Error('no database'))
  const sessions = createSessions({ ...app.store, atomically }, app.tokens, readConfig({}))
  await t.rejects(sessions.logout(accessToken, 'all', { ip: '127.0.0.1', userAgent: null }), {
    message: 'no database'
  })
})

t.test('an unknown scope is refused', async t => {
  const { call } = await serve(t)
  const answer = await call('POST', '/api/auth/logout', { body: { scope: 'galaxy' } })
  const errors = [{ pointer: '/scope', detail: 'is not accepted; give local, others or all' }]
  t.strictSame(answer.body, expectedProblem(answer, 400, 'validation_failed', { errors }))
})
