import t from 'tap'
import { codeOf, parameterOf } from '../support/mailbox.ts'
import { type Answer, expectedProblem, PASSWORD, type Service, serve } from '../support/service.ts'
import { ADA, serveAda, serveMail } from './mail-service.ts'

const HOUR = 3600
const TEN_MINUTES = 600

const request = ({ call }: Service, token: string) => call('POST', '/api/auth/email/verification', { token })
const confirm = ({ call }: Service, token: string, body: object) =>
  call('POST', '/api/auth/email/verification/confirm', { token, body })
const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
const expired = (answer: Answer) =>
  expectedProblem(answer, 410, 'challenge_expired', { action: 'request-mail' })

t.test('[V6.5.5] a code confirms the address, once and for ten minutes', async t => {
  const service = await serveAda(t)
  const { accessToken, user } = service.pair
  t.equal(user.emailVerified, false)
  const asked = await request(service, accessToken)
  t.match(asked, { status: 202, headers: { 'cache-control': 'no-store' } })
  t.strictSame(asked.body, { challengeId: asked.body.challengeId, expiresIn: TEN_MINUTES })
  const [mail] = await service.takeMails()
  t.match(mail, { kind: 'verification_code', to: ADA.email })
  if (!mail) return
  t.equal(parameterOf(mail, 'challengeId'), asked.body.challengeId)
  const { challengeId } = asked.body
  const code = codeOf(mail)
  t.match(code, /^\d{6}$/)

  const refused = await confirm(service, accessToken, { challengeId, code: wrong(code) })
  t.strictSame(refused.body, expectedProblem(refused, 403, 'code_wrong'))
  const confirmed = await confirm(service, accessToken, { challengeId, code })
  t.strictSame([confirmed.status, confirmed.body], [200, { ...user, emailVerified: true }])
  const used = await confirm(service, accessToken, { challengeId, code })
  t.strictSame(used.body, expired(used))
  const me = await service.call('GET', '/api/auth/me', { token: accessToken })
  t.strictSame(me.body, { ...user, emailVerified: true })
})

t.test('a code is good for less than ten minutes, and a new one makes it worthless', async t => {
  const service = await serveAda(t)
  const { accessToken } = service.pair
  const first = await request(service, accessToken)
  const second = await request(service, accessToken)
  const mail = (await service.takeMails()).at(-1)
  const code = mail ? codeOf(mail) : ''
  const replaced = await confirm(service, accessToken, { challengeId: first.body.challengeId, code })
  t.strictSame(replaced.body, expired(replaced))
  service.clock.advance(TEN_MINUTES - 1)
  // The access token lives for five minutes.
  const { body: pair } = await service.refresh(service.pair)
  service.clock.advance(1)
  const late = await confirm(service, pair.accessToken, { challengeId: second.body.challengeId, code })
  t.strictSame(late.body, expired(late))
})

t.test('[63B-4.2.1.2] five tries in an hour, whatever new codes are asked for', async t => {
  const service = await serveMail(t)
  const ada = await service.signUp(ADA)
  const { accessToken, verification } = ada
  let challengeId = verification?.challengeId
  let [mail] = await service.takeMails()
  let code = mail ? codeOf(mail) : ''
  for (let tries = 0; tries < 3; tries++)
    t.equal((await confirm(service, accessToken, { challengeId, code: wrong(code) })).status, 403)
  challengeId = (await request(service, accessToken)).body.challengeId
  ;[mail] = await service.takeMails()
  code = mail ? codeOf(mail) : ''
  const parallel = await Promise.all(
    Array.from({ length: 8 }, () => confirm(service, accessToken, { challengeId, code: wrong(code) }))
  )
  t.strictSame(parallel.map(({ status }) => status).sort(), [403, 403, 429, 429, 429, 429, 429, 429])
  const refused = await confirm(service, accessToken, { challengeId, code })
  t.strictSame(refused.body, expectedProblem(refused, 429, 'too_many_tries', { action: 'retry-later' }))
  t.equal(refused.headers['retry-after'], '3600')
  const noCode = await request(service, accessToken)
  t.strictSame(noCode.body, expectedProblem(noCode, 429, 'too_many_tries', { action: 'retry-later' }))

  service.clock.advance(HOUR)
  const { body: pair } = await service.refresh(ada)
  challengeId = (await request(service, pair.accessToken)).body.challengeId
  ;[mail] = await service.takeMails()
  const right = await confirm(service, pair.accessToken, { challengeId, code: mail ? codeOf(mail) : '' })
  t.match(right, { status: 200, body: { emailVerified: true } })
})

t.test('a code of another purpose or of somebody else is refused as one that does not exist', async t => {
  const service = await serveAda(t)
  const eve = await service.signUp({ email: 'eve@example.org' })
  await service.takeMails()
  const { challengeId } = (await request(service, service.pair.accessToken)).body
  const [mail] = await service.takeMails()
  const code = mail ? codeOf(mail) : ''
  const foreign = await confirm(service, eve.accessToken, { challengeId, code })
  t.strictSame(foreign.body, expired(foreign))
  const otherRoute = await service.call('POST', '/api/auth/email/confirm', {
    token: service.pair.accessToken,
    body: { challengeId, code }
  })
  t.strictSame(otherRoute.body, expired(otherRoute))
  const registration = await service.call('POST', '/api/auth/register/confirm', {
    body: { challengeId, code }
  })
  t.strictSame(registration.body, expired(registration))
  const own = await confirm(service, service.pair.accessToken, {
    challengeId: challengeId.toUpperCase(),
    code
  })
  t.equal(own.status, 200, 'no try was lost, and digits may have any case')
})

t.test('a registration mails a code, and tells its challenge', async t => {
  const service = await serveMail(t)
  const body = { ...ADA, password: PASSWORD }
  const answer = await service.call('POST', '/api/auth/register', { body })
  const { challengeId } = answer.body.verification
  t.strictSame(answer.body.verification, { challengeId, expiresIn: TEN_MINUTES })
  const [mail] = await service.takeMails()
  t.match(mail, { kind: 'verification_code', to: ADA.email })
  const code = mail ? codeOf(mail) : ''
  t.match(await confirm(service, answer.body.accessToken, { challengeId, code }), { status: 200 })

  service.clock.advance(300)
  const echoed = await service.call('POST', '/api/auth/refresh', { body: answer.body })
  t.equal(echoed.status, 200, 'the whole answer may be sent back')
  t.match(JSON.parse(Buffer.from(echoed.body.accessToken.split('.')[1], 'base64url').toString()), {
    email_verified: true
  })
})

t.test('three codes an hour for an address, that of the registration included', async t => {
  const service = await serveAda(t)
  const { accessToken } = service.pair
  for (let times = 0; times < 2; times++) t.equal((await request(service, accessToken)).status, 202)
  const refused = await request(service, accessToken)
  t.strictSame(refused.body, expectedProblem(refused, 429, 'mail_throttled', { action: 'retry-later' }))
})

t.test('of parallel confirmations one wins', async t => {
  const service = await serveAda(t)
  const { accessToken } = service.pair
  const { challengeId } = (await request(service, accessToken)).body
  const [mail] = await service.takeMails()
  const code = mail ? codeOf(mail) : ''
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => confirm(service, accessToken, { challengeId, code }))
  )
  t.strictSame(answers.map(({ status }) => status).sort(), [200, 410, 410, 410])
})

t.test('codes have six digits and nothing else', async t => {
  const service = await serveAda(t)
  const { challengeId } = (await request(service, service.pair.accessToken)).body
  for (const code of ['12345', '1234567', '12 345', '１２３４５６', 'abcdef', ' 123456', '']) {
    const answer = await confirm(service, service.pair.accessToken, { challengeId, code })
    const detail = 'is not accepted; give the six digits of the mail'
    t.strictSame(
      answer.body,
      expectedProblem(answer, 400, 'validation_failed', { errors: [{ pointer: '/code', detail }] })
    )
  }
})

t.test('without mail the routes say so, and a registration has no challenge', async t => {
  const service = await serve(t)
  const { accessToken, ...pair } = await service.signUp(ADA)
  t.notOk('verification' in pair)
  const challengeId = '01a20993-1f0c-7aa1-8d5e-2b7c9e0f4a63'
  for (const answer of [
    await request(service, accessToken),
    await confirm(service, accessToken, { challengeId, code: '123456' }),
    await service.call('POST', '/api/auth/register/confirm', { body: { challengeId, code: '123456' } })
  ])
    t.strictSame(answer.body, expectedProblem(answer, 501, 'mail_not_configured'))
})
