import { eq } from 'drizzle-orm'
import t, { type Test } from 'tap'
import { createAccounts } from '../../src/auth/accounts/accounts.ts'
import { findProof, type Proof } from '../../src/auth/reauthentication/proofs.ts'
import { addMethod, toAcr, toAmr, toAssuranceLevel } from '../../src/auth/sessions/authentication.ts'
import { authTables } from '../../src/auth/tables.ts'
import { expectedProblem, PASSWORD, type Pair, type Service, serve } from '../support/service.ts'
import { challengeOf, removePassword, sessionOf, setMethods, setSecondFactor } from './levels.ts'

const NEW_PASSWORD = 'battery staple, correct horse'
const CLIENT = { ip: '192.0.2.1', userAgent: null }

/** A service with one person, whose access token outlives the freshness of the session. */
async function signedIn(t: Test, settings = {}) {
  const service = await serve(t, { ACCESS_TOKEN_TTL: '3600', ...settings })
  const pair = await service.signUp({ username: 'ada', email: 'ada@example.org' })
  const token = pair.accessToken
  const login = async (password = PASSWORD) =>
    service.call('POST', '/api/auth/login', { body: { email: 'ada@example.org', password } })
  const reauthenticate = (body: unknown) => service.call('POST', '/api/auth/reauthenticate', { token, body })
  /** Ends a session that has just begun, which takes a fresh session. */
  const endOther = async () => {
    const other = sessionOf((await login()).body)
    return service.call('DELETE', `/api/auth/sessions/${other}`, { token })
  }
  return { ...service, pair, token, login, reauthenticate, endOther }
}

async function readSession({ app }: Pick<Service, 'app'>, pair: Pair) {
  const { sessions } = authTables(app.store.kit)
  const [row] = await app.store.db
    .select()
    .from(sessions)
    .where(eq(sessions.id, sessionOf(pair)))
  return row
}

t.test('[V7.5.1] [R9470] the password makes a session fresh, whose access token goes on', async t => {
  const { call, clock, pair, token, endOther, reauthenticate, refresh } = await signedIn(t)
  clock.advance(599)
  t.equal((await endOther()).status, 204, 'a sign-in counts, for so long')
  clock.advance(1)
  const stale = await endOther()
  const action = { action: 'reauthenticate' }
  t.strictSame(stale.body, expectedProblem(stale, 401, 'reauthentication_required', action))
  t.equal(stale.headers['www-authenticate'], challengeOf('aal1'))
  t.equal(
    stale.body.detail,
    'Authenticate again at POST /api/auth/reauthenticate, then repeat the request with the same access token.'
  )

  const answer = await reauthenticate({ password: PASSWORD })
  t.match(answer, { status: 200, headers: { 'cache-control': 'no-store' } })
  t.strictSame(answer.body, {
    authenticatedAt: '2026-01-01T00:10:00.000Z',
    methods: ['password'],
    level: 'aal1',
    freshUntil: '2026-01-01T00:20:00.000Z'
  })
  t.equal((await endOther()).status, 204)
  t.equal((await call('GET', '/api/auth/me', { token })).status, 200)
  clock.advance(600)
  t.equal((await endOther()).body.code, 'reauthentication_required', 'fresh for as long again')

  clock.advance(2400)
  const { body } = await refresh(pair)
  const claims = JSON.parse(`${Buffer.from(body.accessToken.split('.')[1], 'base64url')}`)
  t.match(claims, { auth_time: Date.parse('2026-01-01T00:10:00.000Z') / 1000, amr: ['pwd'], acr: 'aal1' })
})

t.test('REAUTHENTICATION_TTL says for how long', async t => {
  const { clock, endOther, reauthenticate } = await signedIn(t, { REAUTHENTICATION_TTL: '30' })
  clock.advance(30)
  t.equal((await endOther()).headers['www-authenticate'], challengeOf('aal1', 30))
  t.match(await reauthenticate({ password: PASSWORD }), {
    body: { authenticatedAt: '2026-01-01T00:00:30.000Z', freshUntil: '2026-01-01T00:01:00.000Z' }
  })
})

t.test('an authentication of a clock that was ahead does not last for longer', async t => {
  const { clock, endOther, reauthenticate } = await signedIn(t)
  clock.advance(86_400)
  clock.advance(-86_400 + 3599)
  await reauthenticate({ password: PASSWORD })
  clock.advance(-600)
  t.equal((await endOther()).body.code, 'reauthentication_required')
  clock.advance(1)
  t.equal((await endOther()).status, 204)
})

t.test('a body has one proof', async t => {
  const { call, token, reauthenticate } = await signedIn(t)
  for (const [body, ...errors] of [
    [{ password: 1 }, { pointer: '/password', detail: 'must be of type string' }],
    [{ password: null }, { pointer: '/password', detail: 'must be of type string' }],
    [{ pasword: PASSWORD }, { pointer: '/pasword', detail: 'is not known; did you mean password?' }],
    [[], { pointer: '', detail: 'must be of type object' }],
    ['"x"', { pointer: '', detail: 'must be of type object' }]
  ] as const) {
    const answer = await reauthenticate(body)
    t.strictSame(answer.body, expectedProblem(answer, 400, 'validation_failed', { errors }))
  }
  const detail = 'needs exactly one of password, code, recoveryCode and passkey'
  for (const body of [
    {},
    { password: PASSWORD, code: '123456' },
    { code: '123456', recoveryCode: '0'.repeat(24) }
  ]) {
    const answer = await reauthenticate(body)
    t.strictSame(
      answer.body,
      expectedProblem(answer, 400, 'validation_failed', { errors: [{ pointer: '', detail }] })
    )
  }
  t.equal((await call('POST', '/api/auth/reauthenticate', { token })).status, 400)
})

t.test('the one proof of a body is found among its kinds', async t => {
  const proof: Proof = {
    method: 'password',
    verify: async () => ({ statements: [] }),
    refusal: 'password_wrong'
  }
  const none = () => undefined
  t.equal(findProof({}, [none, () => proof, none]), proof)
  t.throws(() => findProof({}, [none]), { code: 'validation_failed' })
  t.throws(() => findProof({}, [() => proof, () => proof]), { code: 'validation_failed' })
})

t.test('a code joins the methods of a session; what signs in alone begins anew', async t => {
  t.strictSame(addMethod(['password'], 'totp'), ['password', 'totp'])
  t.strictSame(addMethod(['password', 'totp'], 'totp'), ['password', 'totp'])
  t.strictSame(addMethod(['password', 'totp'], 'password'), ['password'])
  t.strictSame(addMethod(['password', 'totp'], 'passkey'), ['passkey'])
  t.equal(toAssuranceLevel(['password']), 1)
  t.equal(toAssuranceLevel(['totp', 'recovery_code']), 1, 'two codes are one factor')
  t.equal(toAssuranceLevel(['password', 'recovery_code']), 2)
  t.equal(toAssuranceLevel(['passkey']), 2)
  t.strictSame([toAcr(1), toAcr(2)], ['aal1', 'aal2'])
  t.strictSame(toAmr(['password', 'totp', 'recovery_code']), ['pwd', 'otp', 'mfa'])
})

t.test('[THROTTLE] a wrong password changes nothing, and is slowed down with those of sign-ins', async t => {
  const service = await signedIn(t)
  const { clock, endOther, reauthenticate, login } = service
  clock.advance(600)
  for (let failures = 0; failures < 5; failures++) {
    const wrong = await reauthenticate({ password: 'wrong' })
    t.strictSame(wrong.body, expectedProblem(wrong, 403, 'password_wrong'))
  }
  const blocked = await reauthenticate({ password: PASSWORD })
  t.strictSame(blocked.body, expectedProblem(blocked, 429, 'sign_in_throttled', { action: 'retry-later' }))
  t.equal((await login()).status, 429)
  clock.advance(Number(blocked.headers['retry-after']))
  t.equal((await endOther()).body.code, 'reauthentication_required')
  t.equal((await reauthenticate({ password: PASSWORD })).status, 200, 'and the failures are forgotten')
  t.equal((await reauthenticate({ password: 'wrong' })).status, 403)
})

t.test('[V7.5.1] for an account with a second factor the password alone is not looked at', async t => {
  const service = await signedIn(t)
  const { app, pair, reauthenticate, clock } = service
  await setSecondFactor(service, pair)
  const before = await readSession(service, pair)
  clock.advance(60)
  for (const password of [PASSWORD, 'wrong']) {
    const answer = await reauthenticate({ password })
    t.strictSame(
      answer.body,
      expectedProblem(answer, 401, 'reauthentication_required', { action: 'reauthenticate' })
    )
    t.match(answer.body.detail, /^This alone is not enough: the account has a second factor\./)
    t.equal(answer.headers['www-authenticate'], challengeOf('aal2'))
  }
  t.strictSame(await readSession(service, pair), before, 'nothing is written')
  t.strictSame(await app.store.db.select().from(authTables(app.store.kit).throttles), [])
})

t.test('a password does not keep up what a passkey has shown before', async t => {
  const service = await signedIn(t)
  await setMethods(service, service.pair, 'passkey')
  t.match(await service.reauthenticate({ password: PASSWORD }), {
    body: { methods: ['password'], level: 'aal1' }
  })
})

t.test('no password is right for an account that has none', async t => {
  const service = await signedIn(t)
  await removePassword(service, service.pair)
  for (const password of ['', PASSWORD]) {
    const answer = await service.reauthenticate({ password })
    t.strictSame(answer.body, expectedProblem(answer, 403, 'password_wrong'))
  }
  t.equal((await service.login()).body.code, 'invalid_credentials')
})

t.test('it takes a live access token', async t => {
  const { call, clock, token, reauthenticate } = await signedIn(t)
  const body = { password: PASSWORD }
  const anonymous = await call('POST', '/api/auth/reauthenticate', { body })
  t.strictSame(
    anonymous.body,
    expectedProblem(anonymous, 401, 'authentication_required', { action: 'sign-in' })
  )
  clock.advance(3600)
  t.equal((await reauthenticate(body)).body.code, 'access_token_expired')
  clock.advance(-3600)
  await call('POST', '/api/auth/logout', { token })
  t.equal((await reauthenticate(body)).body.code, 'access_token_revoked')
})

t.test('[RACE] what happens while the password is verified refuses it, and nothing is written', async t => {
  const happenings: [string, (service: Awaited<ReturnType<typeof signedIn>>) => Promise<unknown>, string][] =
    [
      [
        'the password is changed',
        ({ call, login }) =>
          login().then(({ body }) =>
            call('PUT', '/api/auth/password', {
              token: body.accessToken,
              body: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }
            })
          ),
        'password_wrong'
      ],
      [
        'the session ends',
        ({ call, token }) => call('POST', '/api/auth/logout', { token }),
        'access_token_revoked'
      ],
      ['the session expires', async ({ clock }) => clock.advance(30 * 86_400), 'access_token_revoked'],
      [
        'a second factor is added',
        service => setSecondFactor(service, service.pair),
        'reauthentication_required'
      ],
      ['the account goes', ({ call, token }) => call('DELETE', '/api/auth/me', { token }), 'password_wrong']
    ]
  for (const [name, happen, code] of happenings) {
    const service = await signedIn(t)
    const { app, config, token, pair, clock } = service
    const caller = await app.sessions.authenticate(token)
    clock.advance(5)
    const { store, passwordHasher, throttle, sessions, tokens } = app
    const accounts = createAccounts({
      store,
      throttle,
      sessions,
      tokens,
      sealing: app.sealing,
      config,
      removeUserRows: async () => {},
      passwordHasher: {
        ...passwordHasher,
        async verify(...args) {
          const verdict = await passwordHasher.verify(...args)
          await happen(service)
          return verdict
        }
      }
    })
    await t.rejects(accounts.reauthenticate(caller, { password: PASSWORD }, CLIENT), { code }, name)
    const row = await readSession(service, pair)
    t.strictSame(row?.authenticatedAt ?? caller.authenticatedAt, caller.authenticatedAt, name)
  }
})

t.test('a session that is older than its methods began with the password', async t => {
  const service = await signedIn(t)
  const { app, pair, endOther, reauthenticate } = service
  const { sessions } = authTables(app.store.kit)
  await app.store.db
    .update(sessions)
    .set({ authenticatedAt: null, authenticationMethods: null })
    .where(eq(sessions.id, sessionOf(pair)))
  t.equal((await endOther()).body.code, 'reauthentication_required')
  t.match(await reauthenticate({ password: PASSWORD }), { body: { methods: ['password'] } })
  t.equal((await endOther()).status, 204)
})
