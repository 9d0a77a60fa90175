import t from 'tap'
import { verifyEmail } from '../accounts/mail-service.ts'
import { parameterOf } from '../support/mailbox.ts'
import { expectedProblem, loginWithDelay } from '../support/service.ts'
import { codeOf, STEP, serveFactors, wrongCodeOf } from './factor-service.ts'

const REQUIRED = {
  action: 'second-factor',
  methods: ['totp', 'recovery_code'],
  expiresIn: 300
}

t.test('the right password asks for the second factor, whose code signs in', async t => {
  const service = await serveFactors(t)
  const { call, addTotp, login, answer, pair } = service
  const { secret } = await addTotp()
  const refused = await login()
  const { challenge } = refused.body
  t.strictSame(
    refused.body,
    expectedProblem(refused, 401, 'second_factor_required', { ...REQUIRED, challenge })
  )
  t.equal(refused.headers['www-authenticate'], 'Bearer')
  t.equal(refused.headers['cache-control'], 'no-store')

  const signedIn = await answer({ challenge, code: codeOf(secret, service) })
  t.equal(signedIn.status, 200)
  t.strictSame(
    Object.keys(signedIn.body).sort(),
    Object.keys(pair)
      .filter(key => key !== 'verification')
      .sort()
  )
  t.strictSame(signedIn.body.user, pair.user)
  const claims = JSON.parse(Buffer.from(signedIn.body.accessToken.split('.')[1], 'base64url').toString())
  t.match(claims, { acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] })
  const { accessToken: token } = signedIn.body
  t.match((await call('GET', '/api/auth/events?limit=2', { token })).body.items, [
    { type: 'signed_in' },
    { type: 'factor_added' }
  ])
  const wrong = await login('wrong')
  t.strictSame(wrong.body, expectedProblem(wrong, 401, 'invalid_credentials', { action: 'sign-in' }))
})

t.test('[R6238-5.2] each code is taken once: no replay, no older one, and of parallel uses one', async t => {
  const service = await serveFactors(t)
  const { addTotp, challenge, answer, clock } = service
  const { secret } = await addTotp()
  const code = codeOf(secret, service)
  const challenges = [await challenge(), await challenge(), await challenge()]
  const answers = await Promise.all(challenges.map(challenge => answer({ challenge, code })))
  t.strictSame(answers.map(({ status }) => status).sort(), [200, 403, 403])
  const refused = answers.find(({ status }) => status === 403)
  t.strictSame(
    refused?.body,
    refused && expectedProblem(refused, 403, 'second_factor_wrong', { action: 'second-factor' })
  )

  for (const offset of [0, -1])
    t.match(
      await answer({ challenge: await challenge(), code: codeOf(secret, service, offset) }),
      { status: 403, body: { code: 'second_factor_wrong' } },
      `${offset} steps from the one that was taken`
    )
  t.equal(
    (await answer({ challenge: await challenge(), code: codeOf(secret, service, 1) })).status,
    200,
    'the next'
  )
  clock.advance(STEP)
  t.equal(
    (await answer({ challenge: await challenge(), code: codeOf(secret, service) })).status,
    403,
    'taken early'
  )
  clock.advance(3 * STEP)
  t.equal(
    (await answer({ challenge: await challenge(), code: codeOf(secret, service, -2) })).status,
    403,
    'too old'
  )
  t.equal(
    (await answer({ challenge: await challenge(), code: codeOf(secret, service, 2) })).status,
    403,
    'too early'
  )
  t.equal(
    (await answer({ challenge: await challenge(), code: codeOf(secret, service, -1) })).status,
    200,
    'late'
  )
})

t.test('a challenge is good once, for five minutes, and while the password stays', async t => {
  const service = await serveFactors(t)
  const { call, addTotp, challenge, answer, clock, pair } = service
  const { secret } = await addTotp()
  const expired = async (challenge: string, name: string) => {
    const refused = await answer({ challenge, code: codeOf(secret, service) })
    t.strictSame(refused.body, expectedProblem(refused, 401, 'sign_in_expired', { action: 'sign-in' }), name)
    clock.advance(STEP)
  }
  const used = await challenge()
  t.equal((await answer({ challenge: used, code: codeOf(secret, service) })).status, 200)
  clock.advance(STEP)
  await expired(used, 'used')

  const good = await challenge()
  for (const altered of [`${good}x`, good.slice(0, -1), good.replace('lkc_', 'lkp_'), '', 'lkc_.'])
    await expired(altered, 'altered')
  await expired(pair.refreshToken, 'something else')

  const late = await challenge()
  clock.advance(300)
  await expired(late, 'late')

  await expired((await serveChallenge(t)).challenge, 'of another service')

  const before = await challenge()
  const { accessToken: token } = (
    await call('POST', '/api/auth/refresh', {
      body: { accessToken: pair.accessToken, refreshToken: pair.refreshToken }
    })
  ).body
  const change = {
    currentPassword: 'correct horse battery staple',
    newPassword: 'battery staple, correct horse'
  }
  const proof = { token, body: { code: codeOf(secret, service) } }
  t.equal((await call('POST', '/api/auth/reauthenticate', proof)).status, 200)
  clock.advance(STEP)
  const changed = await call('PUT', '/api/auth/password', { token, body: change })
  t.equal(changed.status, 200)
  await expired(before, 'of the password before')
})

/** A challenge of another service, whose account has a factor too. */
async function serveChallenge(t: Parameters<typeof serveFactors>[0]) {
  const other = await serveFactors(t, { JWT_SECRET: 'another secret of the tests and of nothing else' })
  await other.addTotp()
  return { challenge: await other.challenge() }
}

t.test('a challenge takes the factor of its own user only', async t => {
  const service = await serveFactors(t)
  const { call, addTotp, challenge, answer, signUp } = service
  const { secret, recoveryCodes } = await addTotp()
  const eve = await signUp({ username: 'eve', email: 'eve@example.org' })
  const begun = await call('POST', '/api/auth/factors/totp', { token: eve.accessToken })
  const path = `/api/auth/factors/totp/${begun.body.id}/confirm`
  const code = codeOf(begun.body.secret, service)
  t.equal((await call('POST', path, { token: eve.accessToken, body: { code } })).status, 200)
  const asEve = await call('POST', '/api/auth/login', {
    body: { email: 'eve@example.org', password: 'correct horse battery staple' }
  })
  for (const factor of [{ code: codeOf(secret, service) }, { recoveryCode: recoveryCodes[0] }])
    t.match(await answer({ challenge: asEve.body.challenge, ...factor }), {
      status: 403,
      body: { code: 'second_factor_wrong' }
    })
  t.equal(
    (await answer({ challenge: await challenge(), recoveryCode: recoveryCodes[0] })).status,
    200,
    'nothing is used'
  )
})

t.test('five wrong answers void the challenge, not the account', async t => {
  const service = await serveFactors(t)
  const { call, addTotp, challenge, answer, takeMails } = service
  const { secret } = await addTotp()
  await takeMails()
  const guessed = await challenge()
  for (let round = 1; round <= 5; round += 1) {
    const wrong = await answer({ challenge: guessed, code: wrongCodeOf(secret, service) })
    const action = round < 5 ? 'second-factor' : 'sign-in'
    t.strictSame(wrong.body, expectedProblem(wrong, 403, 'second_factor_wrong', { action }))
  }
  const code = codeOf(secret, service)
  t.match(await answer({ challenge: guessed, code }), { status: 401, body: { code: 'sign_in_expired' } })
  t.match(await takeMails(), [{ subject: 'Latchkey: your password was used, without the second factor' }])
  const { body } = await answer({ challenge: await challenge(), code })
  const { items } = (await call('GET', '/api/auth/events?limit=6', { token: body.accessToken })).body
  t.strictSame(
    items.map(({ type }: { type: string }) => type),
    ['signed_in', ...Array(5).fill('second_factor_failed')]
  )
})

t.test('of parallel guesses, five are looked at', async t => {
  const service = await serveFactors(t)
  const { addTotp, challenge, answer } = service
  const { secret } = await addTotp()
  const guessed = await challenge()
  const code = wrongCodeOf(secret, service)
  const answers = await Promise.all(Array.from({ length: 12 }, () => answer({ challenge: guessed, code })))
  const codes = Object.groupBy(answers, ({ body }) => body.code)
  t.equal(codes.second_factor_wrong?.length, 5)
  t.equal(codes.sign_in_expired?.length, 7)
})

t.test('[THROTTLE] guessing over many challenges is bounded; a known network stays open', async t => {
  const service = await serveFactors(t, { TRUST_PROXY: 'true' })
  const { addTotp, answer, call, email } = service
  const { secret } = await addTotp()
  async function guess(ip: string, code: string) {
    const headers = { 'x-forwarded-for': ip }
    const body = { email, password: 'correct horse battery staple' }
    const { challenge } = (await call('POST', '/api/auth/login', { body, headers })).body
    return answer({ challenge, code }, headers)
  }
  const wrong = wrongCodeOf(secret, service)
  for (let round = 0; round < 15; round += 1) t.equal((await guess('192.0.2.1', wrong)).status, 403)
  t.match(await guess('192.0.2.1', wrong), {
    status: 429,
    headers: { 'retry-after': '1' },
    body: { code: 'sign_in_throttled' }
  })
  for (let round = 15; round < 100; round += 1) t.equal((await guess(`198.51.${round}.1`, wrong)).status, 403)
  const code = codeOf(secret, service)
  t.match(await guess('203.0.113.9', code), { status: 429, headers: { 'retry-after': '86400' } })
  t.equal((await guess('127.0.0.1', code)).status, 200, 'where the account has a session')
  service.clock.advance(STEP)
  t.equal((await guess('203.0.113.9', codeOf(secret, service))).status, 200, 'success clears the failures')
})

t.test('an answer that is none is refused, and uses nothing up', async t => {
  const service = await serveFactors(t)
  const { addTotp, challenge, answer } = service
  const { secret, recoveryCodes } = await addTotp()
  const text = await challenge()
  const cases: [object, object][] = [
    [{}, { pointer: '', detail: 'needs exactly one of code, recoveryCode and passkey' }],
    [
      { code: codeOf(secret, service), recoveryCode: recoveryCodes[0] },
      { pointer: '', detail: 'needs exactly one of code, recoveryCode and passkey' }
    ],
    [
      { code: '1234567' },
      { pointer: '/code', detail: 'is not accepted; give the six digits that the authenticator app shows' }
    ],
    [
      { code: '12345' },
      { pointer: '/code', detail: 'is not accepted; give the six digits that the authenticator app shows' }
    ],
    [{ code: 123456 }, { pointer: '/code', detail: 'must be of type string' }],
    [
      { code: '１２３４５６' },
      { pointer: '/code', detail: 'is not accepted; give the six digits that the authenticator app shows' }
    ]
  ]
  for (const [body, error] of cases) {
    const refused = await answer({ challenge: text, ...body })
    t.strictSame(refused.body, expectedProblem(refused, 400, 'validation_failed', { errors: [error] }))
  }
  t.equal((await answer({ challenge: text, code: codeOf(secret, service) })).status, 200)
})

t.test('[V6.4.3] a reset of the password does not go around the factor', async t => {
  const service = await serveFactors(t)
  const { call, addTotp, challenge, answer, takeMails, email, pair } = service
  await verifyEmail(service, pair.accessToken)
  const { secret } = await addTotp()
  await takeMails()
  const old = await challenge()
  await call('POST', '/api/auth/password/reset-request', { body: { email } })
  const [mail] = await takeMails()
  const token = /token=([\w.-]+)/.exec(`${mail?.text}`)?.[1]
  const newPassword = 'battery staple, correct horse'
  t.equal((await call('POST', '/api/auth/password/reset', { body: { token, newPassword } })).status, 204)
  t.match(await answer({ challenge: old, code: codeOf(secret, service) }), { status: 401 })
  const signIn = await call('POST', '/api/auth/login', { body: { email, password: newPassword } })
  t.match(signIn, { status: 401, body: { code: 'second_factor_required' } })
  t.equal((await answer({ challenge: signIn.body.challenge, code: codeOf(secret, service) })).status, 200)
})

t.test(
  'of an address that was never verified, a reset removes the factors of whoever squats on it',
  async t => {
    const service = await serveFactors(t)
    const { call, addTotp, challenge, answer, takeMails, email, pair } = service
    const { secret } = await addTotp()
    await call('POST', '/api/auth/factors/totp', { token: pair.accessToken })
    await takeMails()
    const old = await challenge()
    await call('POST', '/api/auth/password/reset-request', { body: { email } })
    const [mail] = await takeMails()
    const body = { token: mail && parameterOf(mail, 'token'), newPassword: 'battery staple, correct horse' }
    t.equal((await call('POST', '/api/auth/password/reset', { body })).status, 204)
    const notices = await takeMails()
    t.strictSame(notices.map(({ kind }) => kind).sort(), ['factor_removed', 'password_reset_done'])
    t.match(await answer({ challenge: old, code: codeOf(secret, service) }), { status: 401 })
    const signedIn = await call('POST', '/api/auth/login', { body: { email, password: body.newPassword } })
    t.match(signedIn, { status: 200, body: { user: { email, emailVerified: true } } })
    const factors = await call('GET', '/api/auth/factors', { token: signedIn.body.accessToken })
    t.strictSame(factors.body, { items: [], recoveryCodesLeft: 0 })
  }
)

t.test('the first factor that is confirmed while the password is verified is asked for', async t => {
  const { app, addTotp, email } = await serveFactors(t)
  await t.rejects(
    loginWithDelay(app, email, () => addTotp()),
    {
      code: 'second_factor_required',
      status: 401
    }
  )
})
