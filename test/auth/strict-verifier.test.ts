import * as oauth from 'oauth4webapi'
import t from 'tap'
import { serve } from '../support/service.ts'
import { keyKinds } from './key-files.ts'

t.test('[R9068-2] [R9068-4] a strict verifier accepts the access tokens by the published keys', async t => {
  for (const { algorithm, file } of keyKinds) {
    const issuer = 'https://auth.example'
    const { call, clock, signUp } = await serve(t, {
      JWT_PRIVATE_KEY_FILE: file,
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: 'todos',
      JWT_CLIENT_ID: 'todos-web'
    })
    const { accessToken, user } = await signUp()
    const published = (await call('GET', '/.well-known/jwks.json')).body
    const request = new Request('https://todos.example', {
      headers: { authorization: `Bearer ${accessToken}` }
    })
    const claims = await oauth.validateJwtAccessToken(
      { issuer, jwks_uri: `${issuer}/.well-known/jwks.json` },
      request,
      'todos',
      {
        signingAlgorithms: [algorithm === 'EdDSA' ? 'Ed25519' : algorithm, algorithm],
        [oauth.clockSkew]: Math.round((clock.now().getTime() - Date.now()) / 1000),
        [oauth.customFetch]: async () => Response.json(published)
      }
    )
    t.match(claims, { sub: user.id, client_id: 'todos-web', iss: issuer, aud: 'todos' }, algorithm)
  }
})
