import t from 'tap'
import type { ProblemError } from '../../src/client/index.ts'
import { codeOf } from '../factors/factor-service.ts'
import { serve } from '../support/service.ts'
import { ADA, createTestClient } from './in-process-client.ts'

t.test('an authenticator app, from its beginning to its end', async t => {
  const service = await serve(t)
  const { client } = createTestClient(service)
  await client.auth.register(ADA)
  t.strictSame(await client.auth.factors(), { items: [], recoveryCodesLeft: 0 })
  const { id, secret, uri } = await client.auth.beginTotp()
  t.match(uri, secret)
  const confirmed = await client.auth.confirmTotp(id, codeOf(secret, service))
  t.equal(confirmed.recoveryCodes?.length, 10)
  const [recoveryCode = ''] = await client.auth.replaceRecoveryCodes()

  const { client: other } = createTestClient(service)
  const login = { email: ADA.email, password: ADA.password }
  const challenge = async () => {
    const refusal: ProblemError = await other.auth.login(login).catch(error => error)
    t.match(refusal, { code: 'second_factor_required', action: 'second-factor' })
    t.strictSame(refusal.document?.methods, ['totp', 'recovery_code'])
    return `${refusal.document?.challenge}`
  }
  const user = await other.auth.loginWithSecondFactor({ challenge: await challenge(), recoveryCode })
  t.match(user, { email: ADA.email, recoveryCode: /^\w{6}(-\w{6}){3}$/ })
  const { recoveryCode: _, ...stored } = user
  t.strictSame(other.auth.user(), stored, 'the code is stored nowhere')
  service.clock.advance(30)
  const code = codeOf(secret, service)
  t.strictSame(await other.auth.loginWithSecondFactor({ challenge: await challenge(), code }), stored)

  await client.auth.removeFactor(id)
  t.strictSame(await client.auth.factors(), { items: [], recoveryCodesLeft: 0 })
})
