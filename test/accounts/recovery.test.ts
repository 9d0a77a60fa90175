import t from 'tap'
import { PASSKEYS, signIn, signUpWithPasskey } from '../passkeys/with-passkey.ts'
import { createAuthenticator } from '../support/authenticator.ts'
import { parameterOf } from '../support/mailbox.ts'
import { expectedProblem, PASSWORD, type Pair, type Service, serve } from '../support/service.ts'
import { ADA, serveAda, serveMail, verifyEmail } from './mail-service.ts'

const NEW_PASSWORD = 'battery staple, correct horse'
const HOUR = 3600

const requestReset = ({ call }: Service, email: string) =>
  call('POST', '/api/auth/password/reset-request', { body: { email } })
const reset = ({ call }: Service, token: string, rest: object = {}) =>
  call('POST', '/api/auth/password/reset', { body: { token, newPassword: NEW_PASSWORD, ...rest } })
const me = ({ call }: Service, pair: Pair) => call('GET', '/api/auth/me', { token: pair.accessToken })
const login = ({ call }: Service, password: string, email = ADA.email) =>
  call('POST', '/api/auth/login', { body: { email, password } })

async function mailToken(service: Service, email = ADA.email): Promise<string> {
  await requestReset(service, email)
  const [mail] = await service.takeMails()
  if (!mail) throw new Error('no mail')
  return parameterOf(mail, 'token')
}

t.test('a forgotten password is replaced by a link, once', async t => {
  const service = await serveAda(t)
  const answer = await requestReset(service, 'ADA@example.org')
  t.match(answer, { status: 202, body: {}, headers: { 'cache-control': 'no-store' } })
  const [mail, ...others] = await service.takeMails()
  t.match(mail, { kind: 'password_reset', to: ADA.email })
  t.strictSame(others, [])
  if (!mail) return
  t.match(mail.text, 'https://id.example/account/reset-password?token=lks_')
  const token = parameterOf(mail, 'token')

  t.equal((await reset(service, token)).status, 204)
  const revoked = await me(service, service.pair)
  t.strictSame(revoked.body, expectedProblem(revoked, 401, 'access_token_revoked', { action: 'sign-in' }))
  t.equal((await login(service, PASSWORD)).status, 401)
  const signedIn = await login(service, NEW_PASSWORD)
  t.match(signedIn, { status: 200, body: { user: { ...ADA, emailVerified: true } } })
  t.match(await service.takeMails(), [{ kind: 'password_reset_done', to: ADA.email }])

  const again = await reset(service, token)
  t.strictSame(again.body, expectedProblem(again, 410, 'link_used', { action: 'request-mail' }))
  const events = await service.call('GET', '/api/auth/events', { token: signedIn.body.accessToken })
  t.strictSame(
    events.body.items.map(({ type, endReason }: { type: string; endReason: string }) => [type, endReason]),
    [
      ['signed_in', null],
      ['sign_in_failed', null],
      ['session_ended', 'password_reset'],
      ['password_reset', null],
      ['account_created', null]
    ]
  )
})

t.test('sessions go on with new tokens on demand', async t => {
  const service = await serveAda(t)
  await verifyEmail(service, service.pair.accessToken)
  t.equal((await reset(service, await mailToken(service), { endSessions: false })).status, 204)
  const stale = await me(service, service.pair)
  t.strictSame(stale.body, expectedProblem(stale, 401, 'access_token_stale', { action: 'refresh' }))
  t.equal((await service.refresh(service.pair)).status, 200)
})

t.test('an e-mail without an account gets the same answer, and no mail', async t => {
  const service = await serveAda(t)
  const known = await requestReset(service, ADA.email)
  t.match(await service.takeMails(), [{ to: ADA.email }])
  const unknown = await requestReset(service, 'eve@example.org')
  t.strictSame([unknown.status, unknown.body], [known.status, known.body])
  t.strictSame(Object.keys(unknown.headers), Object.keys(known.headers))
  t.strictSame(await service.takeMails(), [])
})

t.test('a mail goes to the address of the account, however the request spells it', async t => {
  const service = await serveMail(t)
  await service.signUp({ email: 'Ada@Example.org' })
  await service.takeMails()
  await requestReset(service, 'ada@EXAMPLE.org')
  t.match(await service.takeMails(), [{ to: 'Ada@Example.org' }])
})

t.test('three mails an hour for an address, twenty from a network, account or none', async t => {
  const service = await serveAda(t)
  const refusal = { action: 'retry-later' }
  for (const email of [ADA.email, 'eve@example.org']) {
    for (let times = 0; times < 3; times++) t.equal((await requestReset(service, email)).status, 202)
    const refused = await requestReset(service, email)
    t.strictSame(refused.body, expectedProblem(refused, 429, 'mail_throttled', refusal))
    t.equal(refused.headers['retry-after'], '3600')
  }
  t.equal((await service.takeMails()).length, 3)
  for (let count = 6; count < 20; count++)
    t.equal((await requestReset(service, `nobody${count}@example.org`)).status, 202)
  const refused = await requestReset(service, 'other@example.org')
  t.strictSame(refused.body, expectedProblem(refused, 429, 'mail_throttled', refusal))
  service.clock.advance(HOUR)
  t.equal((await requestReset(service, ADA.email)).status, 202)
})

t.test('[R8725-3.11] a link that is expired, altered, cut or of another purpose is refused', async t => {
  const service = await serveAda(t)
  const token = await mailToken(service)
  const [payload = '', mac = ''] = token.slice(4).split('.')
  const flip = (text: string) => (text.startsWith('A') ? `B${text.slice(1)}` : `A${text.slice(1)}`)
  const invalid = [
    '',
    'x',
    token.slice(0, -1),
    `${token}x`,
    `${token}.`,
    ` ${token}`,
    token.replace('lks_', 'lki_'),
    token.replace('lks_', ''),
    `lks_${flip(payload)}.${mac}`,
    `lks_${payload}.${flip(mac)}`,
    `lks_${payload}`,
    service.pair.refreshToken,
    service.pair.accessToken
  ]
  for (const wrong of invalid) {
    const answer = await reset(service, wrong)
    t.strictSame(answer.body, expectedProblem(answer, 400, 'link_invalid'), JSON.stringify(wrong))
  }
  service.clock.advance(HOUR)
  const expired = await reset(service, token)
  t.strictSame(expired.body, expectedProblem(expired, 410, 'link_expired', { action: 'request-mail' }))
  t.equal((await login(service, PASSWORD)).status, 200, 'nothing has changed')
})

t.test('a new password that is easy to guess is refused, and the link stays good', async t => {
  const service = await serveAda(t)
  const token = await mailToken(service)
  const answer = await reset(service, token, { newPassword: 'ada@example.org' })
  t.match(answer, { status: 400, body: { code: 'validation_failed', errors: [{ pointer: '/newPassword' }] } })
  t.equal((await reset(service, token)).status, 204)
})

t.test('a change of the password or the end of the account voids a link', async t => {
  const service = await serveAda(t)
  const { call, pair } = service
  const token = await mailToken(service)
  const body = { currentPassword: PASSWORD, newPassword: 'another horse, another staple' }
  const changed = await call('PUT', '/api/auth/password', { token: pair.accessToken, body })
  t.equal(changed.status, 200)
  t.match(await service.takeMails(), [{ kind: 'password_changed', to: ADA.email }])
  const used = await reset(service, token)
  t.strictSame(used.body, expectedProblem(used, 410, 'link_used', { action: 'request-mail' }))

  const next = await mailToken(service)
  const gone = await call('DELETE', '/api/auth/me', {
    token: changed.body.accessToken,
    body: { password: body.newPassword }
  })
  t.equal(gone.status, 204)
  t.match(await service.takeMails(), [{ kind: 'account_deleted', to: ADA.email }])
  t.match(await reset(service, next), { status: 410, body: { code: 'link_used' } })
})

t.test('of two resets with one link one wins', async t => {
  const service = await serveAda(t)
  const token = await mailToken(service)
  const passwords = ['first horse, first staple', 'second horse, second staple']
  const answers = await Promise.all(passwords.map(newPassword => reset(service, token, { newPassword })))
  t.strictSame(answers.map(({ status }) => status).sort(), [204, 410])
  const logins = await Promise.all(passwords.map(password => login(service, password)))
  t.strictSame(
    logins.map(({ status }) => status),
    answers.map(({ status }) => (status === 204 ? 200 : 401))
  )
})

t.test('a reset ends a block of the sign-in', async t => {
  const service = await serveAda(t)
  for (let times = 0; times < 6; times++) await login(service, 'wrong')
  t.equal((await login(service, PASSWORD)).status, 429)
  t.match(
    await service.takeMails(),
    [{ kind: 'sign_in_throttled', to: ADA.email }],
    'the owner is told, once'
  )
  t.equal((await reset(service, await mailToken(service))).status, 204)
  t.equal((await login(service, NEW_PASSWORD)).status, 200)
})

t.test('without mail the routes say so', async t => {
  const service = await serve(t)
  await service.signUp(ADA)
  for (const answer of [await requestReset(service, ADA.email), await reset(service, 'x')])
    t.strictSame(answer.body, expectedProblem(answer, 501, 'mail_not_configured'))
})

t.test('whoever squats on an address with a passkey loses all to its owner', async t => {
  const service = await serveMail(t, { PASSKEY_RP_ID: 'localhost' })
  const { call, takeMails } = service
  const authenticator = createAuthenticator()
  const { body: squatter } = await signUpWithPasskey(call, ADA, authenticator)
  const body = { name: 'squatter', scopes: ['todos:read'] }
  const made = await call('POST', '/api/auth/tokens', { token: squatter.accessToken, body })
  t.equal(made.status, 201)
  await takeMails()

  t.equal((await reset(service, await mailToken(service), { endSessions: false })).status, 204)
  const notices = await takeMails()
  t.strictSame(notices.map(({ kind }) => kind).sort(), ['factor_removed', 'password_reset_done'])
  t.equal((await me(service, squatter)).body.code, 'access_token_revoked')
  t.equal((await call('GET', '/api/todos', { token: made.body.token })).status, 401)
  t.equal((await signIn(call, authenticator)).body.code, 'passkey_not_recognized')
  const owner = await login(service, NEW_PASSWORD)
  t.match(owner, { status: 200, body: { user: { ...ADA, emailVerified: true } } })
  const token = owner.body.accessToken
  t.strictSame((await call('GET', PASSKEYS, { token })).body, { items: [] })
  t.strictSame((await call('GET', '/api/auth/tokens', { token })).body, { items: [] })
  t.strictSame((await call('GET', '/api/auth/factors', { token })).body, { items: [], recoveryCodesLeft: 0 })
  const events = await call('GET', '/api/auth/events', { token })
  t.match(events.body.items.map(({ type }: { type: string }) => type).sort(), [
    'account_created',
    'factor_removed',
    'password_reset',
    'session_ended',
    'signed_in',
    'token_created',
    'token_revoked'
  ])
})

t.test('a passkey of a verified address outlives a reset', async t => {
  const service = await serveMail(t, { PASSKEY_RP_ID: 'localhost' })
  const { call, takeMails } = service
  const authenticator = createAuthenticator()
  const { body: pair } = await signUpWithPasskey(call, ADA, authenticator)
  await takeMails()
  await verifyEmail(service, pair.accessToken)
  t.equal((await reset(service, await mailToken(service))).status, 204)
  t.match(await takeMails(), [{ kind: 'password_reset_done' }])
  t.equal((await login(service, NEW_PASSWORD)).body.code, 'second_factor_required')
  t.equal((await signIn(call, authenticator)).status, 200)
})
