import t from 'tap'
import { createAccountAdmin } from '../../src/auth/accounts/admin.ts'
import { ADA, MAIL_SETTINGS, serveAda } from '../accounts/mail-service.ts'
import { createAuthenticator, FLAGS } from '../support/authenticator.ts'
import { expectedProblem, PASSWORD, type Service, serve } from '../support/service.ts'
import {
  addPasskey,
  OPTIONS,
  PASSKEYS,
  SIGN_IN,
  SIGN_IN_OPTIONS,
  SIGN_UP_OPTIONS,
  signIn,
  signUpWithPasskey
} from './with-passkey.ts'

/** Mail, and passkeys of this machine. */
const SETTINGS = { ...MAIL_SETTINGS, PASSKEY_RP_ID: 'localhost' }
const ID = /^[\da-f-]{36}$/
const NO_ID = '01a20996-fb6c-78b7-96ed-227b58a269d2'
const FRESHNESS =
  'Bearer error="insufficient_user_authentication", error_description="A recent authentication is required", '

/** Signs in anew, at the level of the passkey. */
const freshToken = async (call: Service['call'], authenticator: ReturnType<typeof createAuthenticator>) =>
  (await signIn(call, authenticator)).body.accessToken as string

t.test('the options ask for a passkey that is found without a name and verifies its user', async t => {
  const { call, signUp } = await serve(t, { APP_NAME: 'Todos' })
  const { user, accessToken: token } = await signUp(ADA)
  const answer = await call('POST', OPTIONS, { token })
  t.match(answer, { status: 200, headers: { 'cache-control': 'no-store' } })
  const { challenge, ...options } = answer.body
  t.strictSame(options, {
    rp: { id: 'localhost', name: 'Todos' },
    user: {
      id: Buffer.from(user.id.replaceAll('-', ''), 'hex').toString('base64url'),
      name: 'ada@example.org',
      displayName: 'ada'
    },
    pubKeyCredParams: [
      { type: 'public-key', alg: -8 },
      { type: 'public-key', alg: -7 },
      { type: 'public-key', alg: -257 }
    ],
    timeout: 300_000,
    excludeCredentials: [],
    authenticatorSelection: {
      residentKey: 'required',
      requireResidentKey: true,
      userVerification: 'required'
    },
    attestation: 'none',
    extensions: { credProps: true },
    hints: []
  })
  t.equal(Buffer.from(challenge, 'base64url').length, 54)

  const requestOptions = await call('POST', SIGN_IN_OPTIONS)
  t.strictSame(requestOptions.body, {
    rpId: 'localhost',
    challenge: requestOptions.body.challenge,
    timeout: 300_000,
    userVerification: 'required',
    allowCredentials: []
  })
})

t.test('a passkey is added, listed, renamed and removed, and the owner is told', async t => {
  const { call, clock, pair, takeMails } = await serveAda(t, SETTINGS)
  const { accessToken: token } = pair
  const authenticator = createAuthenticator({
    aaguid: 'ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4',
    flags: FLAGS.backupEligible | FLAGS.backedUp
  })
  const added = await addPasskey(call, token, authenticator, { name: '  Work laptop ' })
  const { id, recoveryCodes, ...rest } = added.body
  t.match(added, { status: 201, headers: { location: `/api/auth/passkeys/${id}` }, body: { id: ID } })
  t.equal(recoveryCodes.length, 10)
  const passkey = {
    name: 'Work laptop',
    device: 'Google Password Manager',
    createdAt: '2026-01-01T00:00:00.000Z',
    lastUsedAt: null,
    backedUp: true,
    credentialId: authenticator.credentialId
  }
  t.strictSame(rest, passkey)
  t.match(await takeMails(), [
    { subject: 'Latchkey: you have a new second factor', text: /^.*A passkey was added/ms }
  ])

  clock.advance(60)
  const fresh = await freshToken(call, authenticator)
  const { body: options } = await call('POST', OPTIONS, { token: fresh })
  t.strictSame(options.excludeCredentials, [
    { type: 'public-key', id: authenticator.credentialId, transports: ['internal', 'hybrid'] }
  ])
  const second = createAuthenticator({ aaguid: '00000000-0000-0000-0000-000000000001' })
  const { body: other } = await addPasskey(call, fresh, second)
  t.match(other, { name: 'Passkey', device: null, backedUp: false, recoveryCodes: undefined })

  const path = `${PASSKEYS}/${id}`
  const used = { ...passkey, id, lastUsedAt: '2026-01-01T00:01:00.000Z' }
  t.strictSame((await call('GET', PASSKEYS, { token })).body.items, [used, other])
  t.strictSame((await call('PATCH', path, { token, body: { name: ' Old phone' } })).body, {
    ...used,
    name: 'Old phone'
  })
  t.strictSame((await call('PATCH', path, { token, body: {} })).body, { ...used, name: 'Old phone' })
  const notAccepted =
    'is not accepted; give a text of 1 to 64 characters, not counting white space around it, without marks that turn the direction of writing'
  for (const [body, detail] of [
    [{ name: ' ' }, notAccepted],
    [{ name: 'x'.repeat(65) }, notAccepted],
    [{ name: 'phone\u202e' }, notAccepted],
    [{ name: '\u2066phone\u2069' }, notAccepted],
    [{ name: 'a\u200eb' }, notAccepted],
    [{ name: 'a\nb' }, 'contains a line break, U+000A; remove it'],
    [{ name: null }, 'must be of type string']
  ] as const)
    t.match((await call('PATCH', path, { token, body })).body, {
      status: 400,
      code: 'validation_failed',
      errors: [{ pointer: '/name', detail }]
    })

  await takeMails()
  t.equal(
    (await call('DELETE', path.toUpperCase().replace('/API/AUTH/PASSKEYS', PASSKEYS), { token: fresh }))
      .status,
    204
  )
  t.match(await takeMails(), [{ subject: 'Latchkey: a second factor was removed' }])
  t.strictSame((await call('GET', PASSKEYS, { token })).body.items, [other])
  t.equal((await signIn(call, authenticator)).body.code, 'passkey_not_recognized')
  const { items } = (await call('GET', '/api/auth/events', { token })).body
  t.strictSame(
    items.map(({ type }: { type: string }) => type).filter((type: string) => type.startsWith('passkey')),
    ['passkey_removed', 'passkey_added', 'passkey_added']
  )
})

t.test('somebody else’s passkey is no passkey', async t => {
  const { call, signUp } = await serve(t)
  const [ada, eve] = [await signUp(), await signUp()]
  const { body } = await addPasskey(call, ada.accessToken)
  const token = eve.accessToken
  for (const id of [body.id, NO_ID])
    for (const [method, sent] of [
      ['PATCH', { name: 'mine' }],
      ['PATCH', {}],
      ['DELETE', undefined]
    ] as const) {
      const answer = await call(method, `${PASSKEYS}/${id}`, { token, body: sent })
      t.strictSame(answer.body, expectedProblem(answer, 404, 'passkey_not_found'))
    }
  t.match((await call('DELETE', `${PASSKEYS}/7`, { token })).body, {
    code: 'validation_failed',
    errors: [{ parameter: 'id', detail: 'is not accepted; give a UUID' }]
  })
})

t.test('[V7.5.1] adding and removing ask for a fresh session of the level of the account', async t => {
  const { call, signUp, clock } = await serve(t, { ACCESS_TOKEN_TTL: '3600' })
  const { accessToken: token } = await signUp()
  const authenticator = createAuthenticator()
  const { body: options } = await call('POST', OPTIONS, { token })
  clock.advance(600)
  const calls = [
    ['POST', OPTIONS, undefined],
    ['POST', PASSKEYS, { passkey: authenticator.create(options) }],
    ['DELETE', `${PASSKEYS}/${NO_ID}`, undefined]
  ] as const
  for (const [method, path, body] of calls) {
    const answer = await call(method, path, { token, body })
    t.strictSame(
      answer.body,
      expectedProblem(answer, 401, 'reauthentication_required', { action: 'reauthenticate' })
    )
    t.equal(answer.headers['www-authenticate'], `${FRESHNESS}acr_values="aal1", max_age="600"`)
  }
  await call('POST', '/api/auth/reauthenticate', { token, body: { password: PASSWORD } })
  const { body } = await addPasskey(call, token, authenticator)
  t.match(body, { id: ID })

  const [method, path] = ['DELETE', `${PASSKEYS}/${body.id}`] as const
  const lower = await call(method, path, { token })
  t.equal(lower.headers['www-authenticate'], `${FRESHNESS}acr_values="aal2", max_age="600"`)
  const { body: request } = await call('POST', SIGN_IN_OPTIONS)
  const proof = { passkey: authenticator.get(request) }
  const renewed = await call('POST', '/api/auth/reauthenticate', { token, body: proof })
  t.match(renewed, { status: 200, body: { methods: ['passkey'], level: 'aal2' } })
  const again = await call('POST', '/api/auth/reauthenticate', { token, body: proof })
  t.strictSame(again.body, expectedProblem(again, 410, 'passkey_challenge_expired'))
  t.equal((await call(method, path, { token })).status, 204)
})

t.test('a passkey of another account neither authenticates again nor is a second factor', async t => {
  const { call, signUp } = await serve(t)
  const [ada, eve] = [await signUp(ADA), await signUp()]
  const [own, foreign] = [createAuthenticator(), createAuthenticator()]
  await addPasskey(call, ada.accessToken, own)
  await addPasskey(call, eve.accessToken, foreign)
  const challenged = await call('POST', '/api/auth/login', { body: { email: ADA.email, password: PASSWORD } })
  t.match(challenged, {
    status: 401,
    body: { code: 'second_factor_required', methods: ['passkey', 'recovery_code'] }
  })
  const { challenge } = challenged.body
  const { body: options } = await call('POST', SIGN_IN_OPTIONS)
  for (const [path, body, token] of [
    ['/api/auth/login/second-factor', { challenge }, undefined],
    ['/api/auth/reauthenticate', {}, ada.accessToken]
  ] as const) {
    const answer = await call('POST', path, { token, body: { ...body, passkey: foreign.get(options) } })
    t.strictSame(answer.body, expectedProblem(answer, 401, 'passkey_not_recognized', { action: 'sign-in' }))
  }
  const passkey = own.get(options)
  const answer = await call('POST', '/api/auth/login/second-factor', { body: { challenge, passkey } })
  t.match(answer, { status: 200, body: { user: ADA } })
  const { challenge: next } = (
    await call('POST', '/api/auth/login', { body: { email: ADA.email, password: PASSWORD } })
  ).body
  const replayed = await call('POST', '/api/auth/login/second-factor', { body: { challenge: next, passkey } })
  t.strictSame(replayed.body, expectedProblem(replayed, 410, 'passkey_challenge_expired'))
})

t.test('the last way in cannot be removed', async t => {
  const { call } = await serve(t)
  const [first, second] = [createAuthenticator(), createAuthenticator()]
  const { accessToken: token } = (await signUpWithPasskey(call, ADA, first)).body
  const [{ id }] = (await call('GET', PASSKEYS, { token })).body.items
  const refused = await call('DELETE', `${PASSKEYS}/${id}`, { token })
  t.strictSame(refused.body, expectedProblem(refused, 409, 'last_way_in'))

  const { body: other } = await addPasskey(call, token, second)
  const answers = await Promise.all(
    [id, other.id].map(passkeyId => call('DELETE', `${PASSKEYS}/${passkeyId}`, { token }))
  )
  t.strictSame(answers.map(({ status }) => status).sort(), [204, 409], 'nor both of two at once')

  const password = await call('PUT', '/api/auth/password', { token, body: { newPassword: PASSWORD } })
  t.equal(password.status, 200, JSON.stringify(password.body))
  const [left] = (await call('GET', PASSKEYS, { token: password.body.accessToken })).body.items
  t.equal((await call('DELETE', `${PASSKEYS}/${left.id}`, { token: password.body.accessToken })).status, 204)
  t.equal(
    (await call('POST', '/api/auth/login', { body: { email: ADA.email, password: PASSWORD } })).status,
    200
  )
})

t.test('a passkey belongs to one account, and an account has at most twenty', async t => {
  const { call, signUp } = await serve(t)
  const [ada, eve] = [await signUp(ADA), await signUp()]
  const first = createAuthenticator()
  await addPasskey(call, ada.accessToken, first)
  const token = await freshToken(call, first)
  for (const holder of [token, eve.accessToken]) {
    const answer = await addPasskey(call, holder, first)
    t.strictSame(answer.body, expectedProblem(answer, 409, 'passkey_already_registered'))
  }
  const { body: options } = await call('POST', SIGN_UP_OPTIONS, {
    body: { username: 'new', email: 'new@example.org' }
  })
  const taken = await call('POST', '/api/auth/register', {
    body: { username: 'new', email: 'new@example.org', passkey: first.create(options) }
  })
  t.strictSame(taken.body, expectedProblem(taken, 409, 'passkey_already_registered'))

  const { body: early } = await call('POST', OPTIONS, { token: await freshSession(call, ada.user.id, first) })
  for (let count = 1; count < 20; count += 1)
    t.equal((await addPasskey(call, token)).status, 201, `${count + 1}`)
  for (const answer of [
    await call('POST', OPTIONS, { token }),
    await call('POST', PASSKEYS, { token, body: { passkey: createAuthenticator().create(early) } })
  ])
    t.strictSame(answer.body, expectedProblem(answer, 409, 'too_many_passkeys'))
})

/** The handle of an authenticator is that of the account for which it made its passkey last: puts it back. */
async function freshSession(
  call: Service['call'],
  userId: string,
  authenticator: ReturnType<typeof createAuthenticator>
): Promise<string> {
  const { body } = await call('POST', SIGN_IN_OPTIONS)
  const userHandle = Buffer.from(userId.replaceAll('-', ''), 'hex').toString('base64url')
  const answer = await call('POST', SIGN_IN, { body: { passkey: authenticator.get(body, { userHandle }) } })
  return answer.body.accessToken
}

t.test('a count that goes back is told, and shuts nobody out', async t => {
  const { call, pair, takeMails } = await serveAda(t, SETTINGS)
  const authenticator = createAuthenticator()
  await addPasskey(call, pair.accessToken, authenticator, { signCount: 5 })
  await takeMails()
  t.equal((await signIn(call, authenticator, { signCount: 6 })).status, 200)
  t.strictSame(await takeMails(), [])
  for (const signCount of [6, 2, 0]) {
    t.equal((await signIn(call, authenticator, { signCount })).status, 200)
    t.match(await takeMails(), [{ subject: 'Latchkey: a passkey may have been copied' }])
  }
  t.equal((await signIn(call, authenticator, { signCount: 0 })).status, 200)
  t.strictSame(await takeMails(), [], 'one that does not count cannot go back')
  const { items } = (await call('GET', '/api/auth/events', { token: pair.accessToken })).body
  t.equal(items.filter(({ type }: { type: string }) => type === 'passkey_count_went_back').length, 3)
})

t.test('what was backed up since is listed, and a disabled account lets nobody in', async t => {
  const { app, call, signUp } = await serve(t)
  const { user, accessToken: token } = await signUp()
  const authenticator = createAuthenticator({ flags: FLAGS.backupEligible })
  t.equal((await addPasskey(call, token, authenticator)).body.backedUp, false)
  await signIn(call, authenticator, { flags: FLAGS.present | FLAGS.verified | FLAGS.backedUp })
  t.match((await call('GET', PASSKEYS, { token })).body.items, [{ backedUp: true }])

  const admin = createAccountAdmin(app.store, false)
  const account = await admin.find(user.id)
  await admin.disable(account as NonNullable<typeof account>)
  const refused = await signIn(call, authenticator)
  t.strictSame(refused.body, expectedProblem(refused, 403, 'account_disabled'))
})

t.test('without a domain there are no passkeys', async t => {
  const { call, signUp } = await serve(t, { HOST: '0.0.0.0' })
  const { accessToken: token } = await signUp()
  for (const [method, path, body] of [
    ['POST', OPTIONS, undefined],
    ['POST', SIGN_IN_OPTIONS, undefined],
    ['POST', SIGN_UP_OPTIONS, { username: 'new', email: 'new@example.org' }],
    ['GET', '/.well-known/webauthn', undefined],
    ['GET', '/.well-known/passkey-endpoints', undefined]
  ] as const) {
    const answer = await call(method, path, { token, body })
    t.strictSame(answer.body, expectedProblem(answer, 501, 'passkeys_not_configured'))
  }
  t.strictSame((await call('GET', PASSKEYS, { token })).body, { items: [] })
})

t.test('browsers and password managers find the origins and the pages', async t => {
  const { call } = await serve(t, {
    PASSKEY_RP_ID: 'example.org',
    PASSKEY_ORIGINS: `https://app.example.org,android:apk-key-hash:${'a'.repeat(43)}`,
    PASSKEY_RELATED_ORIGINS: 'https://example.com',
    PASSKEY_ENROLL_URL: 'https://app.example.org/enroll',
    PASSKEY_MANAGE_URL: 'https://app.example.org/passkeys'
  })
  const origins = await call('GET', '/.well-known/webauthn')
  t.match(origins.headers, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'public, max-age=300'
  })
  t.strictSame(origins.body, { origins: ['https://app.example.org', 'https://example.com'] })
  t.strictSame((await call('GET', '/.well-known/passkey-endpoints')).body, {
    enroll: 'https://app.example.org/enroll',
    manage: 'https://app.example.org/passkeys'
  })
  const plain = await serve(t)
  t.strictSame((await plain.call('GET', '/.well-known/passkey-endpoints')).body, {})
})
