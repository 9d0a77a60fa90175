import t from 'tap'
import { SignUpModeError } from '../../src/client/index.ts'
import { serveMail } from '../accounts/mail-service.ts'
import { codeOf, parameterOf } from '../support/mailbox.ts'
import type { Service } from '../support/service.ts'
import { ADA, advance, createTestClient } from './in-process-client.ts'

const PASSWORD = 'battery staple, correct horse'
const LOGIN = { email: ADA.email, password: ADA.password }
const NEW_EMAIL = 'ada@lovelace.example'

async function takeMail(service: Service) {
  const [mail] = await service.takeMails()
  if (!mail) throw new Error('no mail')
  return mail
}
const takeCode = async (service: Service) => codeOf(await takeMail(service))
const takeToken = async (service: Service) => parameterOf(await takeMail(service), 'token')

t.test('an e-mail is verified by the code of the registration, or by a new one', async t => {
  const service = await serveMail(t)
  const { client } = createTestClient(service)
  const { verification, ...ada } = await client.auth.register(ADA)
  t.match(ada, { username: 'ada', email: ADA.email, emailVerified: false })
  t.strictSame(client.auth.user(), ada, 'the challenge is not stored')
  t.match(verification, { challengeId: /^[\da-f-]{36}$/, expiresIn: 600 })
  const code = await takeCode(service)
  const first = { ...verification, challengeId: `${verification?.challengeId}` }

  const challenge = await client.auth.requestVerification()
  t.match(challenge, { challengeId: String, expiresIn: 600 })
  await t.rejects(client.auth.confirmVerification({ ...first, code }), { code: 'challenge_expired' })
  const verified = await client.auth.confirmVerification({ ...challenge, code: await takeCode(service) })
  t.strictSame(verified, { ...ada, emailVerified: true })
  t.strictSame(client.auth.user(), verified)
  t.strictSame(await client.auth.me(), verified)

  const grace = await client.auth.register({ ...ADA, username: 'grace', email: 'grace@example.org' })
  const answer = { challengeId: `${grace.verification?.challengeId}`, code: await takeCode(service) }
  t.match(await client.auth.confirmVerification(answer), { username: 'grace', emailVerified: true })
})

t.test('a forgotten password is replaced, and the ended session shows at the next call', async t => {
  const service = await serveMail(t)
  const [here, elsewhere] = [createTestClient(service), createTestClient(service)]
  const { verification: _, ...ada } = await here.client.auth.register(ADA)
  await service.takeMails()
  t.equal(await elsewhere.client.auth.requestPasswordReset(ADA.email), undefined)
  await elsewhere.client.auth.requestPasswordReset('nobody@example.org')
  const token = await takeToken(service)
  await here.client.auth.resetPassword({ token, newPassword: PASSWORD })
  t.strictSame([here.client.auth.user(), here.state.signOuts], [ada, []], 'no call was made since')
  await t.rejects(here.client.auth.me(), { code: 'access_token_revoked' })
  t.strictSame(here.state.signOuts, ['access_token_revoked'])
  t.equal(here.client.auth.user(), undefined)
  await t.rejects(elsewhere.client.auth.resetPassword({ token, newPassword: PASSWORD }), {
    code: 'link_used',
    action: 'request-mail'
  })
  t.match(await here.client.auth.login({ email: ADA.email, password: PASSWORD }), { emailVerified: true })

  await service.takeMails()
  await elsewhere.client.auth.requestPasswordReset(ADA.email)
  const next = { token: await takeToken(service), newPassword: ADA.password, endSessions: false }
  await elsewhere.client.auth.resetPassword(next)
  t.match(await here.client.auth.me(), { username: 'ada' }, 'it goes on with a new token')
  t.strictSame(here.state.signOuts, ['access_token_revoked'])
})

t.test('an e-mail is changed by a code, and put back by a link', async t => {
  const service = await serveMail(t)
  const [here, there] = [createTestClient(service), createTestClient(service)]
  await here.client.auth.register(ADA)
  await there.client.auth.login(LOGIN)
  await service.takeMails()
  const change = { email: NEW_EMAIL, currentPassword: ADA.password }
  await t.rejects(here.client.auth.changeEmail({ ...change, currentPassword: 'wrong' }), {
    code: 'password_wrong'
  })
  const challenge = await here.client.auth.changeEmail(change)
  t.match(here.client.auth.user(), { email: ADA.email }, 'nothing has changed yet')
  const code = await takeCode(service)
  const wrong = `${(Number(code) + 1) % 1_000_000}`.padStart(6, '0')
  await t.rejects(here.client.auth.confirmEmailChange({ ...challenge, code: wrong }), { code: 'code_wrong' })
  t.equal(await here.client.auth.confirmEmailChange({ ...challenge, code }), undefined)
  t.match(here.client.auth.user(), { email: NEW_EMAIL, emailVerified: true })
  t.match(await here.client.auth.me(), { email: NEW_EMAIL })
  t.match(await there.client.auth.me(), { email: NEW_EMAIL }, 'the other session goes on')
  t.strictSame(there.client.auth.user(), here.client.auth.user())

  await there.client.auth.revertEmail(await takeToken(service))
  await t.rejects(here.client.auth.me(), { code: 'access_token_revoked' })
  t.strictSame(here.state.signOuts, ['access_token_revoked'])
  t.match(await here.client.auth.login(LOGIN), { email: ADA.email })
})

t.test('[LOST] the answer to a change of the e-mail', async t => {
  const service = await serveMail(t)
  const { client, state } = createTestClient(service)
  await client.auth.register(ADA)
  await service.takeMails()
  const challenge = await client.auth.changeEmail({ email: NEW_EMAIL, currentPassword: ADA.password })
  const code = await takeCode(service)
  state.hook = async (_url, _init, pass) => {
    await pass()
    throw new TypeError('the answer is lost')
  }
  state.sent.length = 0
  await t.rejects(client.auth.confirmEmailChange({ ...challenge, code }), { message: 'the answer is lost' })
  t.strictSame(state.sent, ['POST /api/auth/email/confirm'], 'a code works once, so it is sent once')
  state.hook = (_url, _init, pass) => pass()
  service.clock.advance(60)
  t.match(await client.auth.me(), { email: NEW_EMAIL })
  t.match(client.auth.user(), { email: NEW_EMAIL })
  t.strictSame(state.signOuts, [])
  advance(service, 300, state)
  t.match(await client.auth.me(), { email: NEW_EMAIL })
})

t.test('nobody is signed in: the methods that need an account are refused', async t => {
  const { client } = createTestClient(await serveMail(t))
  const { auth } = client
  const answer = { challengeId: '01a20991-3a5b-7b1e-a5d2-7c4f8e60d913', code: '123456' }
  const calls: Promise<unknown>[] = [
    auth.requestVerification(),
    auth.confirmVerification(answer),
    auth.changeEmail({ email: NEW_EMAIL, currentPassword: PASSWORD }),
    auth.confirmEmailChange(answer)
  ]
  for (const call of calls)
    await t.rejects(() => call, { code: 'authentication_required', action: 'sign-in' })
  await t.rejects(auth.confirmRegistration(answer), { code: 'challenge_expired' })
  await t.rejects(auth.resetPassword({ token: 'x', newPassword: PASSWORD }), { code: 'link_invalid' })
  await t.rejects(auth.revertEmail('x'), { code: 'link_invalid' })
})

t.test('with SIGN_UP=verified an account is made by the code', async t => {
  const service = await serveMail(t, { SIGN_UP: 'verified' })
  const { client, state } = createTestClient(service)
  const challenge = await client.auth.startRegistration(ADA)
  t.match(challenge, { challengeId: String, expiresIn: 600 })
  t.equal(client.auth.user(), undefined)
  const ada = await client.auth.confirmRegistration({ ...challenge, code: await takeCode(service) })
  t.match(ada, { username: 'ada', emailVerified: true })
  t.strictSame([client.auth.user(), await client.auth.me()], [ada, ada])

  const body = { ...ADA, username: 'grace', email: 'grace@example.org' }
  const error = await client.auth.register(body).catch(error => error)
  t.ok(error instanceof SignUpModeError)
  t.match(error, { name: 'SignUpModeError', message: /not made yet.* confirmRegistration/ })
  t.strictSame(client.auth.user(), ada, 'nobody else is signed in')
  const code = await takeCode(service)
  t.match(await client.auth.confirmRegistration({ ...error.challenge, code }), { username: 'grace' })
  t.strictSame(state.signOuts, [])
})

t.test('with SIGN_UP=open startRegistration says that the account is made', async t => {
  const { client } = createTestClient(await serveMail(t))
  const error = await client.auth.startRegistration(ADA).catch(error => error)
  t.ok(error instanceof SignUpModeError)
  t.match(error, { message: /made already.* Sign in/, challenge: undefined })
  t.equal(client.auth.user(), undefined)
  t.match(await client.auth.login(LOGIN), { username: 'ada' })
})
