import t from 'tap'
import { type Answer, expectedProblem, serve } from '../support/service.ts'
import { decode, signJwt } from './jwt.ts'
import { createEd25519Key, createP256Key, createRsaKey, ed, keyKinds, rs, toKid } from './key-files.ts'

t.test(
  '[R6750-3.1] [R8725-3.1] [R8725-3.10] [R8725-3.11] a token cannot choose the key or the algorithm',
  async t => {
    const { call, signUp } = await serve(t, {
      JWT_PRIVATE_KEY_FILE: keyKinds.map(({ file }) => file).join(',')
    })
    const { accessToken, refreshToken } = await signUp()
    const claims = decode(accessToken.split('.')[1])
    const me = (token: string): Promise<Answer> => call('GET', '/api/auth/me', { token })
    const theirs = {
      EdDSA: createEd25519Key('evil-ed'),
      ES256: createP256Key('evil-ec'),
      RS256: createRsaKey('evil-rsa')
    }

    const forgeries: Record<string, string> = { 'a refresh token': refreshToken }
    for (const { algorithm, privateKey, publicKey } of keyKinds) {
      const header = { alg: algorithm, typ: 'at+jwt', kid: toKid({ publicKey }) }
      const genuine = signJwt(header, claims, algorithm, privateKey)
      t.equal((await me(genuine)).status, 200, `the forge works: ${algorithm}`)
      for (const kid of [undefined, 'nobody’s', '../../dev/null', toKid(ed)])
        t.equal(
          (await me(signJwt({ ...header, kid }, claims, algorithm, privateKey))).status,
          200,
          'kid decides nothing'
        )

      const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString()
      const jwk = publicKey.export({ format: 'jwk' })
      const publicSecrets = {
        PEM: spki,
        'PEM without its last line end': spki.trim(),
        DER: publicKey.export({ type: 'spki', format: 'der' }),
        JWK: JSON.stringify(jwk),
        'x or n': Buffer.from(`${jwk.x ?? jwk.n}`, 'base64url')
      }
      for (const [form, secret] of Object.entries(publicSecrets))
        forgeries[`HS256 with the ${algorithm} key as ${form}`] = signJwt(
          { ...header, alg: 'HS256' },
          claims,
          'HS256',
          secret
        )

      const [, body, signature] = genuine.split('.')
      for (const alg of ['none', 'None', 'HS256', 'HS512', 'ES384', 'Ed25519', algorithm.toLowerCase()]) {
        const [head] = signJwt({ ...header, alg }, claims, 'HS256', '').split('.')
        forgeries[`${alg} unsigned, for ${algorithm}`] = `${head}.${body}.`
        forgeries[`${alg} with the signature of ${algorithm}`] = `${head}.${body}.${signature}`
        if (!alg.startsWith('HS') && alg !== algorithm)
          forgeries[`${alg} signed by ${algorithm}`] = signJwt(
            { ...header, alg },
            claims,
            algorithm,
            privateKey
          )
      }

      const { privateKey: evil, publicKey: evilPublic } = theirs[algorithm]
      const evilJwk = { ...evilPublic.export({ format: 'jwk' }), kid: header.kid }
      const pointers = {
        'our kid': {},
        jwk: { jwk: evilJwk },
        jku: { jku: 'http://127.0.0.1:1/jwks.json' },
        x5u: { x5u: 'http://127.0.0.1:1/cert.pem' },
        x5c: { x5c: [evilPublic.export({ type: 'spki', format: 'der' }).toString('base64')] }
      }
      for (const [name, pointer] of Object.entries(pointers))
        forgeries[`${name} with a key of one’s own, ${algorithm}`] = signJwt(
          { ...header, ...pointer },
          claims,
          algorithm,
          evil
        )
      forgeries[`another type, ${algorithm}`] = signJwt(
        { ...header, typ: 'JWT' },
        claims,
        algorithm,
        privateKey
      )
      forgeries[`an unknown crit, ${algorithm}`] = signJwt(
        { ...header, crit: ['b64'], b64: true },
        claims,
        algorithm,
        privateKey
      )
    }
    for (const alg of ['RS512', 'PS256'])
      forgeries[`${alg} with our RSA key`] = signJwt(
        { alg, typ: 'at+jwt', kid: toKid(rs) },
        claims,
        alg,
        rs.privateKey
      )

    t.ok(Object.keys(forgeries).length > 80)
    for (const [name, token] of Object.entries(forgeries)) {
      const answer = await me(token)
      t.strictSame(
        answer.body,
        expectedProblem(answer, 401, 'access_token_invalid', { action: 'sign-in' }),
        name
      )
    }
  }
)
