import t from 'tap'
import { findStep, toOtpauthUri, toSecret, toTotpCode } from '../../src/auth/factors/codes/totp.ts'
import { createFactors } from '../../src/auth/factors/factors.ts'
import { createSealing } from '../../src/auth/sealing/sealing.ts'
import type { Identity } from '../../src/auth/user.ts'
import { readConfig } from '../../src/config/config.ts'
import { expectedProblem, serve } from '../support/service.ts'
import { fromBase32 } from './base32.ts'
import { codeOf, STEP, serveFactors, wrongCodeOf } from './factor-service.ts'

t.test('[R6238-B] the vectors of RFC 6238, appendix B, for SHA-1', async t => {
  const seed = Buffer.from('12345678901234567890')
  // The document has eight digits, of which six are the last ones.
  const vectors: [number, string][] = [
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130']
  ]
  for (const [seconds, code] of vectors) {
    const step = Math.floor(seconds / STEP)
    t.equal(toTotpCode(seed, step), code.slice(-6))
    t.equal(findStep(seed, code.slice(-6), new Date(seconds * 1000)), step)
  }
})

t.test('a secret in base32, and its address', async t => {
  const seed = Buffer.from('12345678901234567890')
  t.equal(toSecret(seed), 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
  t.equal(
    toOtpauthUri(seed, 'Ada & Co', 'ada+x@example.org'),
    'otpauth://totp/Ada%20%26%20Co:ada%2Bx%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Ada%20%26%20Co'
  )
})

t.test('an authenticator app is begun, and counts once it is confirmed', async t => {
  const service = await serveFactors(t)
  const { call, pair, login, clock } = service
  const token = pair.accessToken
  const begun = await call('POST', '/api/auth/factors/totp', { token })
  t.equal(begun.status, 201)
  const { id, secret } = begun.body
  t.equal(begun.headers.location, undefined, 'there is nothing to be read there')
  t.equal(begun.headers['cache-control'], 'no-store')
  t.strictSame(begun.body, {
    id,
    secret,
    uri: `otpauth://totp/Latchkey:ada%40example.org?secret=${secret}&issuer=Latchkey`
  })
  t.equal(fromBase32(secret).length, 20, '160 bits')
  const unconfirmed = {
    id,
    type: 'totp',
    createdAt: clock.now().toISOString(),
    confirmedAt: null,
    lastUsedAt: null
  }
  t.strictSame((await call('GET', '/api/auth/factors', { token })).body, {
    items: [unconfirmed],
    recoveryCodesLeft: 0
  })
  t.equal((await login()).status, 200, 'it does not count yet')

  const path = `/api/auth/factors/totp/${id}/confirm`
  const wrong = await call('POST', path, { token, body: { code: wrongCodeOf(secret, service) } })
  t.strictSame(wrong.body, expectedProblem(wrong, 403, 'second_factor_wrong'))
  t.equal((await login()).status, 200, 'nor after a wrong code')

  clock.advance(STEP)
  const confirmed = await call('POST', path, { token, body: { code: codeOf(secret, service) } })
  t.equal(confirmed.status, 200)
  const { recoveryCodes, ...factor } = confirmed.body
  const counting = {
    ...unconfirmed,
    confirmedAt: clock.now().toISOString(),
    lastUsedAt: clock.now().toISOString()
  }
  t.strictSame(factor, counting)
  t.equal(new Set(recoveryCodes).size, 10)
  for (const code of recoveryCodes) t.match(code, /^[0-9A-HJKMNP-TV-Z]{6}(-[0-9A-HJKMNP-TV-Z]{6}){3}$/)
  t.strictSame((await call('GET', '/api/auth/factors', { token })).body, {
    items: [counting],
    recoveryCodesLeft: 10
  })
  t.match(await login(), { status: 401, body: { code: 'second_factor_required' } })

  const again = await call('POST', path, { token, body: { code: codeOf(secret, service, 1) } })
  t.strictSame(again.body, expectedProblem(again, 409, 'factor_confirmed'))
})

t.test('the app and the address are named as people know them', async t => {
  const { call, signUp } = await serve(t, { APP_NAME: 'Ada & Co: todos' })
  const { accessToken: token } = await signUp({ email: 'ada+x@example.org' })
  const { body } = await call('POST', '/api/auth/factors/totp', { token })
  t.equal(
    body.uri,
    `otpauth://totp/Ada%20%26%20Co%3A%20todos:ada%2Bx%40example.org?secret=${body.secret}&issuer=Ada%20%26%20Co%3A%20todos`
  )
})

t.test('what is no code of six digits is refused, and confirms nothing', async t => {
  const service = await serveFactors(t)
  const { call, pair, login } = service
  const token = pair.accessToken
  const { id, secret } = (await call('POST', '/api/auth/factors/totp', { token })).body
  const path = `/api/auth/factors/totp/${id}/confirm`
  const code = codeOf(secret, service)
  const detail = 'is not accepted; give the six digits that the authenticator app shows'
  for (const text of [`${code}0`, code.slice(1), ` ${code}`, '', 'abcdef']) {
    const refused = await call('POST', path, { token, body: { code: text } })
    const errors = [{ pointer: '/code', detail }]
    t.strictSame(refused.body, expectedProblem(refused, 400, 'validation_failed', { errors }), text)
  }
  const missing = await call('POST', path, { token, body: {} })
  t.match(missing, { status: 400, body: { errors: [{ pointer: '/code' }] } })
  t.equal((await login()).status, 200)
})

t.test('a new beginning takes the place of the one before', async t => {
  const service = await serveFactors(t)
  const { call, pair } = service
  const token = pair.accessToken
  const begin = async () => (await call('POST', '/api/auth/factors/totp', { token })).body
  const [first, second] = [await begin(), await begin()]
  const { items } = (await call('GET', '/api/auth/factors', { token })).body
  t.strictSame(
    items.map(({ id }: { id: string }) => id),
    [second.id]
  )
  const code = codeOf(first.secret, service)
  const refused = await call('POST', `/api/auth/factors/totp/${first.id}/confirm`, { token, body: { code } })
  t.strictSame(refused.body, expectedProblem(refused, 404, 'factor_not_found'))
})

t.test('an account has five apps at most, and one begun beside them', async t => {
  const { call, pair, addTotp, login, answer } = await serveFactors(t)
  const token = pair.accessToken
  const apps = []
  for (let count = 0; count < 5; count += 1) apps.push(await addTotp())
  t.strictSame(
    apps.map(({ recoveryCodes }) => recoveryCodes?.length),
    [10, ...Array(4).fill(undefined)]
  )
  const refused = await call('POST', '/api/auth/factors/totp', { token })
  t.strictSame(refused.body, expectedProblem(refused, 409, 'too_many_factors'))
  t.equal((await call('DELETE', `/api/auth/factors/${apps[2]?.id}`, { token })).status, 204)
  t.equal((await call('POST', '/api/auth/factors/totp', { token })).status, 201)
  const { challenge } = (await login()).body
  t.match(await answer({ challenge, code: '000000' }), { status: 403 })
})

t.test('of two confirmations at once, one counts', async t => {
  const service = await serveFactors(t)
  const { call, pair } = service
  const token = pair.accessToken
  const { id, secret } = (await call('POST', '/api/auth/factors/totp', { token })).body
  const confirm = () =>
    call('POST', `/api/auth/factors/totp/${id}/confirm`, { token, body: { code: codeOf(secret, service) } })
  const answers = await Promise.all([confirm(), confirm()])
  t.strictSame(answers.map(({ status }) => status).sort(), [200, 409])
  t.equal((await call('GET', '/api/auth/factors', { token })).body.recoveryCodesLeft, 10)
})

t.test('a factor is removed; with the last one the recovery codes go', async t => {
  const service = await serveFactors(t)
  const { call, pair, addTotp, login, takeMails } = service
  const token = pair.accessToken
  const [first, second] = [await addTotp(), await addTotp()]
  t.match(await takeMails(), [
    { to: 'ada@example.org', subject: 'Latchkey: you have a new second factor' },
    { to: 'ada@example.org', subject: 'Latchkey: you have a new second factor' }
  ])
  const remove = (id: string) => call('DELETE', `/api/auth/factors/${id}`, { token })
  t.equal((await remove(first.id)).status, 204)
  t.match((await call('GET', '/api/auth/factors', { token })).body, {
    items: [{ id: second.id }],
    recoveryCodesLeft: 10
  })
  t.equal((await login()).status, 401, 'the other one counts')
  const again = await remove(first.id)
  t.strictSame(again.body, expectedProblem(again, 404, 'factor_not_found'))

  t.equal((await remove(second.id)).status, 204)
  t.strictSame((await call('GET', '/api/auth/factors', { token })).body, { items: [], recoveryCodesLeft: 0 })
  t.equal((await login()).status, 200, 'the password alone signs in again')
  t.match(await takeMails(), [
    { subject: 'Latchkey: a second factor was removed' },
    { subject: 'Latchkey: a second factor was removed' }
  ])

  const { id } = (await call('POST', '/api/auth/factors/totp', { token })).body
  t.equal((await remove(id)).status, 204, 'one that was never confirmed')
  t.strictSame(await takeMails(), [], 'of which nobody is told')
})

t.test("somebody else's factor answers as a missing one", async t => {
  const service = await serveFactors(t)
  const { call, signUp, addTotp } = service
  const { id } = await addTotp()
  const { accessToken: token } = await signUp({ username: 'eve', email: 'eve@example.org' })
  const missing = '01a20994-77d1-7e3a-9b60-c1d58f2e4a97'
  for (const factor of [id, missing]) {
    const removed = await call('DELETE', `/api/auth/factors/${factor}`, { token })
    t.strictSame(removed.body, expectedProblem(removed, 404, 'factor_not_found'))
    const path = `/api/auth/factors/totp/${factor}/confirm`
    const confirmed = await call('POST', path, { token, body: { code: '123456' } })
    t.strictSame(confirmed.body, expectedProblem(confirmed, 404, 'factor_not_found'))
  }
  t.match(await call('DELETE', '/api/auth/factors/x', { token }), { status: 400 })
})

t.test('[V7.5.1] factors take a fresh session, at the level of the account', async t => {
  const service = await serveFactors(t)
  const { call, refresh, clock, addTotp, login } = service
  const before = (await login()).body
  const { id, secret } = await addTotp()
  const requests: [string, string, object?][] = [
    ['POST', '/api/auth/factors/totp'],
    ['POST', `/api/auth/factors/totp/${id}/confirm`, { code: '123456' }],
    ['DELETE', `/api/auth/factors/${id}`],
    ['POST', '/api/auth/recovery-codes']
  ]
  async function refuseAll(token: string, level: string) {
    for (const [method, path, body] of requests) {
      const refused = await call(method, path, { token, body })
      t.strictSame(
        refused.body,
        expectedProblem(refused, 401, 'reauthentication_required', { action: 'reauthenticate' }),
        path
      )
      t.match(refused.headers['www-authenticate'], `acr_values="${level}", max_age="600"`)
    }
  }
  await refuseAll(before.accessToken, 'aal2')
  const reauthenticate = (body: object) =>
    call('POST', '/api/auth/reauthenticate', { token: before.accessToken, body })
  t.match(await reauthenticate({ password: 'correct horse battery staple' }), { status: 401 })
  t.match(await reauthenticate({ code: codeOf(secret, service) }), {
    status: 200,
    body: { methods: ['password', 'totp'], level: 'aal2' }
  })
  t.equal((await call('POST', '/api/auth/recovery-codes', { token: before.accessToken })).status, 200)
  clock.advance(600)
  await refuseAll((await refresh(before)).body.accessToken, 'aal2')
})

t.test('without SEALING_KEY nothing is sealed', async t => {
  const { app, call, signUp } = await serve(t)
  const { accessToken: token } = await signUp()
  const factors = createFactors({ ...app, sealing: createSealing([]), config: readConfig({}) })
  await t.rejects(factors.beginTotp({} as Identity), { code: 'sealing_not_configured', status: 501 })
  t.equal((await call('POST', '/api/auth/factors/totp', { token })).status, 201)
})

t.test('an app begins, and recovery codes are made, by requests whose bodies have no members', async t => {
  const { call, pair, addTotp } = await serveFactors(t)
  const { accessToken: token } = pair
  await addTotp()
  for (const [path, status] of [
    ['/api/auth/factors/totp', 201],
    ['/api/auth/recovery-codes', 200]
  ] as const) {
    for (const body of [undefined, {}, null])
      t.equal((await call('POST', path, { token, body })).status, status)
    for (const [body, pointer] of [
      [{ name: 'phone' }, '/name'],
      [{ code: '123456' }, '/code'],
      [[], '']
    ] as const)
      t.match(await call('POST', path, { token, body }), {
        status: 400,
        body: { code: 'validation_failed', errors: [{ pointer }] }
      })
  }
})

t.test('an app was never used before it was confirmed', async t => {
  const service = await serveFactors(t)
  const { call, clock, challenge, answer } = service
  const { accessToken: token } = service.pair
  const list = async () => (await call('GET', '/api/auth/factors', { token })).body.items[0]
  clock.advance(STEP - 1)
  const { id, secret } = (await call('POST', '/api/auth/factors/totp', { token })).body
  const confirmedAt = clock.now().toISOString()
  const body = { code: codeOf(secret, service) }
  const confirmed = await call('POST', `/api/auth/factors/totp/${id}/confirm`, { token, body })
  t.match(confirmed.body, { confirmedAt, lastUsedAt: confirmedAt })
  t.match(await list(), { confirmedAt, lastUsedAt: confirmedAt })
  clock.advance(STEP + 1)
  const usedAt = clock.now().toISOString()
  t.equal((await answer({ challenge: await challenge(), code: codeOf(secret, service) })).status, 200)
  t.match(await list(), { confirmedAt, lastUsedAt: usedAt })
})
