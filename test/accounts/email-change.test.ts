import t from 'tap'
import { codeOf, parameterOf } from '../support/mailbox.ts'
import { type CallOptions, expectedProblem, PASSWORD, type Pair, type Service } from '../support/service.ts'
import { ADA, serveAda } from './mail-service.ts'

const NEW_EMAIL = 'ada@lovelace.example'
const WEEK = 604_800

const change = ({ call }: Service, { accessToken: token }: Pair, email: string, currentPassword = PASSWORD) =>
  call('PUT', '/api/auth/email', { token, body: { email, currentPassword } })
const confirm = ({ call }: Service, { accessToken: token }: Pair, body: object, options: CallOptions = {}) =>
  call('POST', '/api/auth/email/confirm', { token, body, ...options })
const revert = ({ call }: Service, token: string) =>
  call('POST', '/api/auth/email/revert', { body: { token } })
const login = ({ call }: Service, email: string, password = PASSWORD) =>
  call('POST', '/api/auth/login', { body: { email, password } })

async function mailCode(service: Service, pair: Pair, email = NEW_EMAIL) {
  const { challengeId } = (await change(service, pair, email)).body
  const [mail] = await service.takeMails()
  if (!mail) throw new Error('no mail')
  return { challengeId, code: codeOf(mail) }
}

/** Changes the e-mail. */
async function changed(service: Service, pair: Pair, email = NEW_EMAIL) {
  const answer = await confirm(service, pair, await mailCode(service, pair, email))
  const [mail] = await service.takeMails()
  if (!mail) throw new Error('no mail')
  return { pair: answer.body as Pair, mail, token: parameterOf(mail, 'token') }
}

t.test('[V6.3.7] a code at the new address changes the e-mail, and the old address is told', async t => {
  const service = await serveAda(t)
  const other = (await login(service, ADA.email)).body as Pair
  const asked = await change(service, service.pair, NEW_EMAIL)
  t.strictSame([asked.status, asked.body], [202, { challengeId: asked.body.challengeId, expiresIn: 600 }])
  const [codeMail] = await service.takeMails()
  t.match(codeMail, { kind: 'email_change_code', to: NEW_EMAIL })
  if (!codeMail) return
  t.equal((await login(service, ADA.email)).status, 200, 'nothing has changed yet')

  const answer = await confirm(service, service.pair, {
    challengeId: asked.body.challengeId,
    code: codeOf(codeMail)
  })
  t.match(answer, { status: 200, headers: { 'cache-control': 'no-store' } })
  t.strictSame(answer.body.user, { ...service.pair.user, email: NEW_EMAIL, emailVerified: true })
  for (const token of [service.pair.accessToken, other.accessToken]) {
    const stale = await service.call('GET', '/api/auth/me', { token })
    t.strictSame(stale.body, expectedProblem(stale, 401, 'access_token_stale', { action: 'refresh' }))
  }
  t.match(await service.refresh(other), { status: 200, body: { user: { email: NEW_EMAIL } } })
  t.equal((await login(service, ADA.email)).status, 401)
  t.equal((await login(service, NEW_EMAIL)).status, 200)
  const [notice, ...others] = await service.takeMails()
  t.match(notice, { kind: 'email_changed', to: ADA.email, text: /^New address: ada.@.lovelace.\..example$/m })
  t.strictSame(others, [])
})

t.test(
  'the old address puts itself back, which ends all sessions and mails a link for a new password',
  async t => {
    const service = await serveAda(t)
    const { pair, token } = await changed(service, service.pair)
    t.equal((await revert(service, token)).status, 204)
    const revoked = await service.call('GET', '/api/auth/me', { token: pair.accessToken })
    t.match(revoked, { status: 401, body: { code: 'access_token_revoked' } })
    t.match(await login(service, ADA.email), { status: 200, body: { user: { email: ADA.email } } })
    t.match(await service.takeMails(), [
      { kind: 'password_reset', to: ADA.email, text: /This is the e-mail address of your account/ }
    ])
    const again = await revert(service, token)
    t.strictSame(again.body, expectedProblem(again, 410, 'link_used', { action: 'ask-operators' }))
  }
)

t.test('a thief who changes the e-mail twice does not get around the first address', async t => {
  const service = await serveAda(t)
  const first = await changed(service, service.pair, 'thief@example.org')
  const second = await changed(service, first.pair, 'other-thief@example.org')
  t.match(second.mail, { to: 'thief@example.org' })
  const { challengeId, code } = await mailCode(service, second.pair, 'third-thief@example.org')
  const taken = await service.call('POST', '/api/auth/register', {
    body: { username: 'eve', email: ADA.email, password: PASSWORD }
  })
  const errors = [{ pointer: '/email', detail: 'belongs to another account; sign in if it is yours' }]
  t.strictSame(
    taken.body,
    expectedProblem(taken, 409, 'already_taken', { errors }),
    'nobody gets it meanwhile'
  )

  t.equal((await revert(service, first.token)).status, 204)
  const late = await revert(service, second.token)
  t.strictSame(late.body, expectedProblem(late, 410, 'link_used', { action: 'ask-operators' }))
  const back = (await login(service, ADA.email)).body as Pair
  const voided = await confirm(service, back, { challengeId, code })
  t.strictSame(voided.body, expectedProblem(voided, 410, 'challenge_expired', { action: 'request-mail' }))
})

t.test('a link that is altered, or older than seven days, is refused', async t => {
  const service = await serveAda(t)
  const { token } = await changed(service, service.pair)
  for (const wrong of ['', 'x', `${token}x`, token.slice(0, -1), token.replace('lkb_', 'lki_')]) {
    const answer = await revert(service, wrong)
    t.strictSame(answer.body, expectedProblem(answer, 400, 'link_invalid'), wrong)
  }
  service.clock.advance(WEEK)
  const expired = await revert(service, token)
  t.strictSame(expired.body, expectedProblem(expired, 410, 'link_expired', { action: 'ask-operators' }))
  await service.signUp({ username: 'eve', email: ADA.email })
  t.pass('by then somebody else may have the address')
})

t.test('the password is needed, and another address than the present one', async t => {
  const service = await serveAda(t)
  const wrong = await change(service, service.pair, NEW_EMAIL, 'wrong')
  t.strictSame(wrong.body, expectedProblem(wrong, 403, 'password_wrong'))
  const errors = [{ pointer: '/email', detail: 'is the address that the account has' }]
  const same = await change(service, service.pair, 'ADA@example.org')
  t.strictSame(same.body, expectedProblem(same, 400, 'validation_failed', { errors }))
})

t.test('an address of another account gets the same answer, and its owner a mail', async t => {
  const service = await serveAda(t)
  await service.signUp({ username: 'eve', email: 'eve@example.org' })
  await service.takeMails()
  const free = await change(service, service.pair, NEW_EMAIL)
  t.match(await service.takeMails(), [{ kind: 'email_change_code' }])
  const taken = await change(service, service.pair, 'EVE@example.org')
  t.strictSame([taken.status, Object.keys(taken.body)], [free.status, Object.keys(free.body)])
  const [mail] = await service.takeMails()
  t.match(mail, { to: 'eve@example.org' })
  t.equal(mail && codeOf(mail), '')
})

t.test('an address that is taken between the code and its confirmation stays with its holder', async t => {
  const service = await serveAda(t)
  const answer = await mailCode(service, service.pair)
  await service.signUp({ username: 'eve', email: NEW_EMAIL })
  const refused = await confirm(service, service.pair, answer)
  const errors = [{ pointer: '/email', detail: 'belongs to another account' }]
  t.strictSame(refused.body, expectedProblem(refused, 409, 'already_taken', { errors }))
  const me = await service.call('GET', '/api/auth/me', { token: service.pair.accessToken })
  t.strictSame(me.body, service.pair.user, 'nothing is half done')
})

t.test('[LOST] a lost answer is made up for by a refresh with the same key', async t => {
  const service = await serveAda(t)
  const headers = { 'idempotency-key': '"change-1"' }
  const answer = await confirm(service, service.pair, await mailCode(service, service.pair), { headers })
  const { accessToken, refreshToken } = service.pair
  const again = await service.call('POST', '/api/auth/refresh', {
    body: { accessToken, refreshToken },
    headers
  })
  t.strictSame(again.body, answer.body)
})

t.test('a password that was changed meanwhile voids the change', async t => {
  const service = await serveAda(t)
  const answer = await mailCode(service, service.pair)
  const body = { currentPassword: PASSWORD, newPassword: 'battery staple, correct horse' }
  const changedPassword = await service.call('PUT', '/api/auth/password', {
    token: service.pair.accessToken,
    body
  })
  const refused = await confirm(service, changedPassword.body, answer)
  t.strictSame(refused.body, expectedProblem(refused, 410, 'challenge_expired', { action: 'request-mail' }))
})

t.test('of parallel confirmations one wins, and of a confirmation and a revert the revert', async t => {
  const service = await serveAda(t)
  const answer = await mailCode(service, service.pair)
  const answers = await Promise.all(Array.from({ length: 4 }, () => confirm(service, service.pair, answer)))
  t.strictSame(answers.filter(({ status }) => status === 200).length, 1)
  const pair = answers.find(({ status }) => status === 200)?.body as Pair
  const [notice] = await service.takeMails()
  const token = notice ? parameterOf(notice, 'token') : ''
  const next = await mailCode(service, pair, 'next@example.org')
  const [confirmed, reverted] = await Promise.all([confirm(service, pair, next), revert(service, token)])
  t.equal(reverted.status, 204)
  t.ok([200, 401, 410].includes(confirmed.status))
  t.equal((await login(service, ADA.email)).status, 200)
})

t.test('[63B-4.2.1.2] a change of the password voids a code, and gives no new tries', async t => {
  const service = await serveAda(t)
  const first = await mailCode(service, service.pair)
  const wrong = first.code === '000000' ? '000001' : '000000'
  for (let tries = 0; tries < 5; tries++)
    t.equal((await confirm(service, service.pair, { ...first, code: wrong })).status, 403)
  const body = { currentPassword: PASSWORD, newPassword: 'battery staple, correct horse' }
  const { body: pair } = await service.call('PUT', '/api/auth/password', {
    token: service.pair.accessToken,
    body
  })
  t.equal((await confirm(service, pair, first)).body.code, 'challenge_expired')
  const again = await change(service, pair, NEW_EMAIL, body.newPassword)
  t.strictSame(again.body, expectedProblem(again, 429, 'too_many_tries', { action: 'retry-later' }))
})
