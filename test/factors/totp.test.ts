import t from 'tap'
import { findStep, toOtpauthUri, toSecret, toTotpCode } from '../../src/auth/factors/codes/totp.ts'
import { expectedProblem } from '../support/service.ts'
import { codeOf, fromBase32, STEP, serveFactors, wrongCodeOf } from './factor-service.ts'

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
  t.equal(begun.headers.location, `/api/auth/factors/${id}`)
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
  t.match(again.status, 401, 'the session has shown one factor only')
})
