import t from 'tap'
import { codeOf } from '../support/mailbox.ts'
import { expectedProblem, PASSWORD, type Service } from '../support/service.ts'
import { ADA, serveMail } from './mail-service.ts'

const VERIFIED = { SIGN_UP: 'verified' }
const register = ({ call }: Service, body: object = {}) =>
  call('POST', '/api/auth/register', { body: { ...ADA, password: PASSWORD, ...body } })
const confirm = ({ call }: Service, body: object) => call('POST', '/api/auth/register/confirm', { body })
const login = ({ call }: Service, password = PASSWORD) =>
  call('POST', '/api/auth/login', { body: { email: ADA.email, password } })

async function registered(service: Service, body: object = {}) {
  const { challengeId } = (await register(service, body)).body
  const [mail] = await service.takeMails()
  const code = mail ? codeOf(mail) : ''
  return confirm(service, { challengeId, code })
}

t.test('an account comes into being with the code', async t => {
  const service = await serveMail(t, VERIFIED)
  const asked = await register(service)
  t.strictSame([asked.status, asked.body], [202, { challengeId: asked.body.challengeId, expiresIn: 600 }])
  t.equal((await login(service)).status, 401, 'there is none yet')
  const [mail] = await service.takeMails()
  t.match(mail, { kind: 'registration_code', to: ADA.email })
  const { challengeId } = asked.body
  const code = mail ? codeOf(mail) : ''
  const answer = await confirm(service, { challengeId, code })
  t.match(answer, { status: 201, headers: { location: '/api/auth/me', 'cache-control': 'no-store' } })
  t.match(answer.body.user, { ...ADA, emailVerified: true })
  t.equal((await login(service)).status, 200)
  const used = await confirm(service, { challengeId, code })
  t.strictSame(used.body, expectedProblem(used, 410, 'challenge_expired', { action: 'request-mail' }))
})

t.test('[V6.3.8-mail] a known address gets the same answer, and its owner a mail without a code', async t => {
  const service = await serveMail(t, VERIFIED)
  await registered(service)
  const known = await register(service, { username: 'eve' })
  const [mail] = await service.takeMails()
  t.match(mail, { kind: 'registration_code', to: ADA.email })
  t.equal(mail && codeOf(mail), '')
  const unknown = await register(service, { username: 'eve', email: 'eve@example.org' })
  t.strictSame([known.status, Object.keys(known.body)], [unknown.status, Object.keys(unknown.body)])
  t.strictSame(Object.keys(known.headers), Object.keys(unknown.headers))

  const knownWrong = await confirm(service, { challengeId: known.body.challengeId, code: '000000' })
  const unknownWrong = await confirm(service, { challengeId: unknown.body.challengeId, code: '000000' })
  t.strictSame(
    knownWrong.body,
    expectedProblem(knownWrong, 403, 'code_wrong', { instance: knownWrong.body.instance })
  )
  t.equal(unknownWrong.body.code, knownWrong.body.code)
  const right = service.app.accounts
  t.ok(right, 'the service goes on')
})

t.test('a user name that is taken is told, at once or with the code', async t => {
  const service = await serveMail(t, VERIFIED)
  await registered(service)
  const errors = [{ pointer: '/username', detail: 'belongs to another account' }]
  const taken = await register(service, { email: 'eve@example.org' })
  t.strictSame(taken.body, expectedProblem(taken, 409, 'already_taken', { errors }))
  const both = await register(service)
  t.strictSame(both.body, expectedProblem(both, 409, 'already_taken', { errors }), 'the e-mail is not told')

  const first = (await register(service, { username: 'eve', email: 'eve@example.org' })).body
  const [mail] = await service.takeMails()
  t.equal((await registered(service, { username: 'EVE', email: 'adam@example.org' })).status, 201)
  const late = await confirm(service, { challengeId: first.challengeId, code: mail ? codeOf(mail) : '' })
  t.strictSame(late.body, expectedProblem(late, 409, 'already_taken', { errors }))
})

t.test('of two codes for one address the latest is good, and of parallel confirmations one wins', async t => {
  const service = await serveMail(t, VERIFIED)
  const first = (await register(service)).body
  const [firstMail] = await service.takeMails()
  const second = (await register(service, { password: 'another horse, another staple' })).body
  const [secondMail] = await service.takeMails()
  if (!firstMail || !secondMail) throw new Error('no mail')
  const replaced = await confirm(service, { challengeId: first.challengeId, code: codeOf(firstMail) })
  t.equal(replaced.body.code, 'challenge_expired')
  const body = { challengeId: second.challengeId, code: codeOf(secondMail) }
  const answers = await Promise.all(Array.from({ length: 4 }, () => confirm(service, body)))
  t.strictSame(answers.map(({ status }) => status).sort(), [201, 410, 410, 410])
  t.equal((await login(service)).status, 401)
  t.equal((await login(service, 'another horse, another staple')).status, 200)
})

t.test('a password that is easy to guess is refused before any mail', async t => {
  const service = await serveMail(t, VERIFIED)
  const answer = await register(service, { password: 'password1' })
  t.match(answer, { status: 400, body: { code: 'validation_failed' } })
  t.strictSame(await service.takeMails(), [])
})

t.test('[63B-4.2.1.2] to make an account again and again gives no more codes to guess', async t => {
  const service = await serveMail(t)
  const { call, signUp, takeMails } = service
  const kinds: string[] = []
  for (let round = 0; round < 5; round++) {
    const { accessToken: token, ...pair } = await signUp(ADA)
    const isThrottled = round >= 3
    t.match(await register(service), { status: 409, body: { code: 'already_taken' } })
    t.equal('verification' in pair, !isThrottled)
    if (isThrottled) {
      const asked = await call('POST', '/api/auth/email/verification', { token })
      t.match(asked, { status: 429, body: { code: 'mail_throttled' } })
    }
    kinds.push(...(await takeMails()).map(({ kind }) => kind))
    t.equal((await call('DELETE', '/api/auth/me', { token, body: { password: PASSWORD } })).status, 204)
  }
  t.equal(kinds.filter(kind => kind === 'verification_code').length, 3)
})

t.test('each account of a network gets its code, however many there are', async t => {
  const service = await serveMail(t)
  const pairs = []
  for (let index = 0; index < 22; index++) pairs.push(await service.signUp())
  t.equal(pairs.filter(pair => 'verification' in pair).length, 22)
  t.equal((await service.takeMails()).length, 22)
})
