import t from 'tap'
import { PASSWORD, problem, type Service, serve } from '../service.ts'

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
  t.strictSame(refused.body, problem(refused, 401, 'access_token_revoked', { action: 'sign-in' }))
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
  clock.pass(300)
  for (const token of [pair.accessToken, pair.accessToken, 'not a token', undefined])
    t.equal((await call('POST', '/api/auth/logout', { token })).status, 204)
  t.equal((await call('POST', '/api/auth/logout', { headers: { authorization: 'Bearer ' } })).status, 204)
  t.equal((await refresh(pair)).body.code, 'refresh_token_revoked')
})

t.test('an unknown scope is refused', async t => {
  const { call } = await serve(t)
  const answer = await call('POST', '/api/auth/logout', { body: { scope: 'galaxy' } })
  const errors = [{ pointer: '/scope', detail: 'is not accepted; give local, others or all' }]
  t.strictSame(answer.body, problem(answer, 400, 'validation_failed', { errors }))
})
