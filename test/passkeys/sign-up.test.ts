import t from 'tap'
import { ADA, serveMail } from '../accounts/mail-service.ts'
import { createAuthenticator } from '../support/authenticator.ts'
import { codeOf } from '../support/mailbox.ts'
import { expectedProblem, PASSWORD, serve } from '../support/service.ts'
import { signIn, signUpWithPasskey } from './with-passkey.ts'

t.test('an account begins with a passkey and no password', async t => {
  const { call } = await serve(t)
  const authenticator = createAuthenticator()
  const answer = await signUpWithPasskey(call, ADA, authenticator)
  t.match(answer, { status: 201, headers: { location: '/api/auth/me' }, body: { user: ADA } })
  const token = answer.body.accessToken
  t.match((await call('GET', '/api/auth/passkeys', { token })).body.items, [{ name: 'Passkey' }])
  t.equal((await signIn(call, authenticator)).body.user.id, answer.body.user.id)

  for (const password of ['', PASSWORD]) {
    const refused = await call('POST', '/api/auth/login', { body: { email: ADA.email, password } })
    t.strictSame(refused.body, expectedProblem(refused, 401, 'invalid_credentials', { action: 'sign-in' }))
  }
})

t.test('where the address is to be confirmed, the account begins with the code', async t => {
  const { call, takeMails } = await serveMail(t, {
    SIGN_UP: 'verified',
    PASSKEY_ORIGINS: '',
    PASSKEY_RP_ID: 'localhost'
  })
  const authenticator = createAuthenticator()
  const started = await signUpWithPasskey(call, ADA, authenticator)
  t.equal(started.status, 202, JSON.stringify(started.body))
  t.equal((await signIn(call, authenticator)).status, 401)
  const [mail] = await takeMails()
  const { challengeId } = started.body
  const confirmed = await call('POST', '/api/auth/register/confirm', {
    body: { challengeId, code: mail && codeOf(mail) }
  })
  t.match(confirmed, { status: 201, body: { user: { ...ADA, emailVerified: true } } })
  t.equal((await signIn(call, authenticator)).body.user.id, confirmed.body.user.id)
})
