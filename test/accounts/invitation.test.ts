import t from 'tap'
import { createSignUpAdmin } from '../../src/auth/registration/sign-up-admin.ts'
import { StatementError } from '../../src/db/errors.ts'
import { decode } from '../auth/jwt.ts'
import { parameterOf } from '../support/mailbox.ts'
import { expectedProblem, PASSWORD, type Service } from '../support/service.ts'
import { ADA, serveMail } from './mail-service.ts'

const WEEK = 7 * 86_400
const INVITATION_URL = 'https://app.example/join?token={token}'
const invited = { SIGN_UP: 'invited', INVITATION_URL }
const askOperators = { action: 'ask-operators' }

const register = ({ call }: Service, body: object) =>
  call('POST', '/api/auth/register', { body: { ...ADA, password: PASSWORD, ...body } })

/** The token of an invitation that an operator has mailed. */
async function invite({ app, takeMails }: Service, email = ADA.email): Promise<string> {
  await createSignUpAdmin(app.store, true).invite(email)
  const [mail] = await takeMails()
  if (!mail) throw new Error('no mail')
  return parameterOf(mail, 'token')
}

t.test('with an invitation an account is made, and its address is verified at once', async t => {
  for (const SIGN_UP of ['invited', 'open', 'verified']) {
    const service = await serveMail(t, { SIGN_UP, INVITATION_URL })
    const invitation = await invite(service)
    const answer = await register(service, { invitation })
    t.match(answer, { status: 201, headers: { location: '/api/auth/me', 'cache-control': 'no-store' } })
    const { accessToken, refreshToken, user } = answer.body
    t.strictSame(
      answer.body,
      {
        accessToken,
        tokenType: 'Bearer',
        expiresIn: 300,
        refreshToken,
        refreshExpiresIn: 2_592_000,
        user: { id: user.id, ...ADA, emailVerified: true }
      },
      SIGN_UP
    )
    t.equal(decode(accessToken.split('.')[1]).email_verified, true)
    const me = await service.call('GET', '/api/auth/me', { token: accessToken })
    t.strictSame(me.body, user)
    t.strictSame(await service.takeMails(), [], 'no code is mailed')
  }
})

t.test('with SIGN_UP=invited an invitation is required', async t => {
  const service = await serveMail(t, invited)
  for (const body of [{}, { password: '12345678' }]) {
    const answer = await register(service, body)
    t.strictSame(answer.body, expectedProblem(answer, 403, 'invitation_required'))
  }
  t.strictSame(await service.takeMails(), [])
})

t.test('with SIGN_UP=closed nobody can make an account, also with an invitation', async t => {
  const service = await serveMail(t, { SIGN_UP: 'closed', INVITATION_URL })
  for (const body of [{}, { invitation: await invite(service) }, { invitation: 'x' }]) {
    const answer = await register(service, body)
    t.strictSame(answer.body, expectedProblem(answer, 403, 'sign_up_closed'))
  }
  t.strictSame(await service.takeMails(), [])
})

t.test('an invitation is for its address only, however the address is spelled', async t => {
  const service = await serveMail(t, invited)
  const invitation = await invite(service, 'Bob@bücher.example')
  const errors = [{ pointer: '/email', detail: 'is not the address that was invited' }]
  for (const email of [ADA.email, 'bob@bucher.example', 'bob@bücher.example.org', 'b.ob@bücher.example']) {
    const answer = await register(service, { invitation, email })
    t.strictSame(answer.body, expectedProblem(answer, 400, 'validation_failed', { errors }), email)
  }
  const answer = await register(service, { invitation, email: 'bob@XN--bcher-kva.example' })
  t.equal(answer.status, 201)
})

t.test('a registration that fails leaves the invitation good', async t => {
  const service = await serveMail(t, invited)
  await register(service, {
    username: 'bob',
    email: 'bob@example.org',
    invitation: await invite(service, 'bob@example.org')
  })
  const invitation = await invite(service)
  const username = { pointer: '/username', detail: 'belongs to another account' }
  const taken = await register(service, { invitation, username: 'BOB' })
  t.strictSame(taken.body, expectedProblem(taken, 409, 'already_taken', { errors: [username] }))
  const guessable = await register(service, { invitation, password: ADA.email })
  t.match(guessable.body, { code: 'validation_failed', errors: [{ pointer: '/password' }] })
  const incomplete = await register(service, { invitation, username: 'ab' })
  t.match(incomplete.body, { code: 'validation_failed', errors: [{ pointer: '/username' }] })
  t.equal((await register(service, { invitation })).status, 201)
})

t.test('a database that cannot write leaves the invitation good', async t => {
  const service = await serveMail(t, invited)
  const invitation = await invite(service)
  const { store } = service.app
  const { atomically } = store
  const fault = new StatementError('users', Object.assign(new Error('full'), { code: 'SQLITE_FULL' }))
  Object.assign(store, { atomically: () => Promise.reject(fault) })
  t.match(await register(service, { invitation }), { status: 503, body: { code: 'database_unavailable' } })
  Object.assign(store, { atomically })
  t.equal((await register(service, { invitation })).status, 201)
})

t.test('an address that has got an account meanwhile is told to whoever was invited', async t => {
  const service = await serveMail(t, { INVITATION_URL })
  const invitation = await invite(service)
  await service.signUp({ email: ADA.email })
  const answer = await register(service, { invitation })
  const errors = [{ pointer: '/email', detail: 'belongs to another account; sign in if it is yours' }]
  t.strictSame(answer.body, expectedProblem(answer, 409, 'already_taken', { errors }))
})

t.test('an invitation is good once, also when its account is gone', async t => {
  const service = await serveMail(t, invited)
  const { call } = service
  const invitation = await invite(service)
  const { body } = await register(service, { invitation })
  const assertUsed = async (account: object) => {
    const answer = await register(service, { invitation, ...account })
    t.strictSame(answer.body, expectedProblem(answer, 410, 'link_used', askOperators))
  }
  await assertUsed({})
  await assertUsed({ username: 'eve' })
  const deletion = { token: body.accessToken, body: { password: PASSWORD } }
  t.equal((await call('DELETE', '/api/auth/me', deletion)).status, 204)
  await service.takeMails()
  await assertUsed({})
  t.equal((await register(service, { invitation: await invite(service) })).status, 201)
})

t.test('an invitation is good for seven days', async t => {
  const service = await serveMail(t, invited)
  const [early, late] = [await invite(service), await invite(service, 'bob@example.org')]
  service.clock.advance(WEEK - 0.001)
  t.equal((await register(service, { invitation: early })).status, 201)
  service.clock.advance(0.001)
  const expired = await register(service, { username: 'bob', email: 'bob@example.org', invitation: late })
  t.strictSame(expired.body, expectedProblem(expired, 410, 'link_expired', askOperators))
})

t.test('a newer invitation takes the place of the one before', async t => {
  const service = await serveMail(t, invited)
  const [first, second] = [await invite(service), await invite(service, 'ADA@Example.org')]
  const replaced = await register(service, { invitation: first })
  t.strictSame(replaced.body, expectedProblem(replaced, 410, 'link_used', askOperators))
  service.clock.advance(WEEK)
  const third = await invite(service)
  const answer = await register(service, { invitation: second })
  t.strictSame(answer.body, expectedProblem(answer, 410, 'link_used', askOperators))
  t.equal((await register(service, { invitation: third })).status, 201)
})

t.test('[R8725-3.11] an invitation that is altered, cut or something else is refused', async t => {
  const service = await serveMail(t, invited)
  const bob = await register(service, {
    username: 'bob',
    email: 'bob@example.org',
    invitation: await invite(service, 'bob@example.org')
  })
  await service.call('POST', '/api/auth/password/reset-request', { body: { email: 'bob@example.org' } })
  const [resetMail] = await service.takeMails()
  const resetToken = resetMail ? parameterOf(resetMail, 'token') : ''
  t.match(resetToken, /^lks_/)
  const invitation = await invite(service)
  const [payload = '', mac = ''] = invitation.slice(4).split('.')
  const flip = (text: string) => `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`
  const invalid = [
    '',
    ' ',
    'x',
    invitation.slice(0, -1),
    `${invitation}x`,
    ` ${invitation}`,
    `${invitation}\n`,
    invitation.toUpperCase(),
    `lki_${flip(payload)}.${mac}`,
    `lki_${payload}.${flip(mac)}`,
    `lki_${payload}`,
    invitation.replace('lki_', 'lks_'),
    resetToken,
    resetToken.replace('lks_', 'lki_'),
    bob.body.refreshToken,
    bob.body.accessToken
  ]
  for (const wrong of invalid) {
    const answer = await register(service, { invitation: wrong })
    t.strictSame(answer.body, expectedProblem(answer, 400, 'link_invalid'), JSON.stringify(wrong))
  }
  for (const wrong of [null, 7, {}, 'x'.repeat(1025)]) {
    const answer = await register(service, { invitation: wrong })
    t.match(answer.body, { code: 'validation_failed', errors: [{ pointer: '/invitation' }] })
  }
  t.equal((await register(service, { invitation })).status, 201, 'and the invitation stays good')
})

t.test('of two registrations with one invitation at once one wins', async t => {
  const service = await serveMail(t, invited)
  const invitation = await invite(service)
  const answers = await Promise.all(
    ['ada', 'eve'].map(username => register(service, { invitation, username }))
  )
  t.strictSame(answers.map(({ status }) => status).sort(), [201, 410])
  for (const answer of answers.filter(({ status }) => status === 410))
    t.strictSame(answer.body, expectedProblem(answer, 410, 'link_used', askOperators))
})

t.test('without an address of the app for it, the mail shows the invitation to be typed', async t => {
  const service = await serveMail(t, { SIGN_UP: 'invited' })
  await createSignUpAdmin(service.app.store, true).invite(ADA.email)
  const [mail] = await service.takeMails()
  const [, invitation] = /^ +(lki_\S+)$/m.exec(mail?.text ?? '') ?? []
  t.equal((await register(service, { invitation })).status, 201)
})
