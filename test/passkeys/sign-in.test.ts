import t from 'tap'
import { createAuthenticator } from '../support/authenticator.ts'
import { serve } from '../support/service.ts'
import { addPasskey, signIn } from './with-passkey.ts'

t.test('[WEBAUTHN-7.2] a passkey of each algorithm signs its user in, without a name', async t => {
  const { call, signUp } = await serve(t)
  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const) {
    const { user, accessToken } = await signUp()
    const authenticator = createAuthenticator({ algorithm })
    const added = await addPasskey(call, accessToken, authenticator)
    t.equal(added.status, 201, JSON.stringify(added.body))
    const answer = await signIn(call, authenticator)
    t.match(answer, { status: 200, headers: { 'cache-control': 'no-store' }, body: { user } }, algorithm)
    const [, claims = ''] = answer.body.accessToken.split('.')
    t.match(JSON.parse(Buffer.from(claims, 'base64url').toString()), {
      sub: user.id,
      acr: 'aal2',
      amr: ['pop', 'user', 'mfa']
    })
    t.equal((await call('GET', '/api/auth/me', { token: answer.body.accessToken })).status, 200)
  }
})
