import { createPublicKey } from 'node:crypto'
import t from 'tap'
import { calculateJwkThumbprint } from '../../src/auth/tokens/jwk.ts'
import { SECRET, serve } from '../support/service.ts'
import { decodeJwtHeader, isSignedBy } from './jwt.ts'
import { ec, ed, keyKinds, rs, toKeySettings, toKid } from './key-files.ts'

const TTL = 300

t.test('[R7638] the thumbprints of the RFCs', async t => {
  const modulus =
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhM' +
    'stn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5' +
    'hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw'
  const cases = [
    // RFC 7638, section 3.1
    [
      { kty: 'RSA', n: modulus, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' },
      'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'
    ],
    // RFC 8037, appendix A.3
    [
      { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
      'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'
    ]
  ] as const
  for (const [jwk, thumbprint] of cases) t.equal(calculateJwkThumbprint(jwk), thumbprint)
})

for (const { algorithm, kty, members, file, publicKey } of keyKinds)
  t.test(`${algorithm}: the key decides how tokens are signed, and others can check them`, async t => {
    const { call, clock, signUp, refresh } = await serve(t, toKeySettings(file))
    const pair = await signUp()
    const answer = await call('GET', '/.well-known/jwks.json')
    t.match(answer, {
      status: 200,
      headers: { 'content-type': /^application\/json\b/, 'cache-control': 'public, max-age=300' }
    })
    const { keys } = answer.body
    const kid = toKid({ publicKey })
    t.equal(keys.length, 1)
    t.match(keys[0], { kty, use: 'sig', alg: algorithm, kid })
    t.strictSame(
      Object.keys(keys[0]).sort(),
      ['kty', 'use', 'alg', 'kid', ...members].sort(),
      'nothing private'
    )
    t.strictSame(decodeJwtHeader(pair.accessToken), { alg: algorithm, typ: 'at+jwt', kid })

    const published = createPublicKey({ key: keys[0], format: 'jwk' })
    t.ok(isSignedBy(pair.accessToken, published, algorithm))
    t.notOk(isSignedBy(`${pair.accessToken.slice(0, -9)}AAAAAAAAA`, published, algorithm))
    t.equal((await call('GET', '/api/auth/me', { token: pair.accessToken })).status, 200)
    clock.advance(TTL)
    t.equal((await refresh(pair)).status, 200)
  })

t.test('with secrets only the key set is empty', async t => {
  const { call } = await serve(t)
  const answer = await call('GET', '/.well-known/jwks.json')
  t.match(answer, { status: 200, headers: { 'cache-control': 'public, max-age=300' } })
  t.strictSame(answer.body, { keys: [] })
})

t.test('all private keys are published once, the signing key first; secrets are not', async t => {
  const { app } = await serve(t, {
    JWT_SECRET: SECRET,
    JWT_PRIVATE_KEY_FILE: [rs, ed, ec, rs].map(({ file }) => file).join(',')
  })
  t.strictSame(
    app.tokens.publicKeys.map(({ kid, alg }) => [kid, alg]),
    [
      [toKid(rs), 'RS256'],
      [toKid(ed), 'EdDSA'],
      [toKid(ec), 'ES256']
    ]
  )
})
