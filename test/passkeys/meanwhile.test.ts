import t from 'tap'
import { createAccountAdmin } from '../../src/auth/accounts/admin.ts'
import { createAuthMails } from '../../src/auth/mails/mails.ts'
import { createCeremonies } from '../../src/auth/passkeys/ceremonies/ceremonies.ts'
import type { PasskeyServices } from '../../src/auth/passkeys/services.ts'
import { createPasskeySignIn } from '../../src/auth/passkeys/sign-in.ts'
import { createVerifyPasskey } from '../../src/auth/passkeys/verify-passkey.ts'
import { createFreshness } from '../../src/auth/sessions/freshness.ts'
import { createAuthenticator } from '../support/authenticator.ts'
import { expectedProblem, type Service, serve } from '../support/service.ts'
import { addPasskey, OPTIONS, PASSKEYS, SIGN_IN_OPTIONS, signIn } from './with-passkey.ts'

const CLIENT = { ip: '192.0.2.1', userAgent: null }

/** Signs in by a passkey, and does something after it was verified and before the session begins. */
function createDelayedSignIn({ app, config }: Service, meanwhile: () => Promise<unknown>) {
  const { store, tokens } = app
  const mails = createAuthMails(store, false)
  const ceremonies = createCeremonies({ store, tokens, config })
  const services: PasskeyServices = {
    store,
    mails,
    ceremonies,
    freshness: createFreshness(store, config),
    verifyPasskey: createVerifyPasskey(store, ceremonies, mails),
    sessions: {
      async start(...args) {
        await meanwhile()
        return app.sessions.start(...args)
      }
    }
  }
  return createPasskeySignIn(services)
}

t.test('a passkey that is removed while it is verified signs nobody in', async t => {
  const service = await serve(t)
  const { call, signUp } = service
  const authenticator = createAuthenticator()
  const { body } = await addPasskey(call, (await signUp()).accessToken, authenticator)
  const token = (await signIn(call, authenticator)).body.accessToken
  const { body: options } = await call('POST', SIGN_IN_OPTIONS)
  const { signIn: delayedSignIn } = createDelayedSignIn(service, () =>
    call('DELETE', `${PASSKEYS}/${body.id}`, { token })
  )
  const passkey = { ...authenticator.get(options), type: 'public-key' as const }
  await t.rejects(delayedSignIn({ passkey }, CLIENT), { code: 'passkey_not_recognized' })
})

t.test('an account that is disabled while a passkey is verified lets nobody in', async t => {
  const service = await serve(t)
  const { app, call, signUp } = service
  const { user, accessToken } = await signUp()
  const authenticator = createAuthenticator()
  await addPasskey(call, accessToken, authenticator)
  const { body: options } = await call('POST', SIGN_IN_OPTIONS)
  const admin = createAccountAdmin(app.store, false)
  const { signIn: delayedSignIn } = createDelayedSignIn(service, async () => {
    const account = await admin.find(user.id)
    return account && admin.disable(account)
  })
  const passkey = { ...authenticator.get(options), type: 'public-key' as const }
  await t.rejects(delayedSignIn({ passkey }, CLIENT), { code: 'passkey_not_recognized' })
})

t.test('a database that is away while a passkey is verified is told as such', async t => {
  const service = await serve(t)
  const { call, signUp } = service
  const authenticator = createAuthenticator()
  await addPasskey(call, (await signUp()).accessToken, authenticator)
  const { body: options } = await call('POST', SIGN_IN_OPTIONS)
  const away = new Error('away')
  const { signIn: delayedSignIn } = createDelayedSignIn(service, () => Promise.reject(away))
  const passkey = { ...authenticator.get(options), type: 'public-key' as const }
  await t.rejects(delayedSignIn({ passkey }, CLIENT), away)
})

t.test('a session that ends meanwhile neither adds nor removes', async t => {
  const { app, call, signUp } = await serve(t)
  const authenticator = createAuthenticator()
  const { body } = await addPasskey(call, (await signUp()).accessToken, authenticator)
  const token = (await signIn(call, authenticator)).body.accessToken
  const caller = await app.sessions.authenticate(token)
  const { body: options } = await call('POST', OPTIONS, { token })
  const passkey = { ...createAuthenticator().create(options), type: 'public-key' as const }
  await call('POST', '/api/auth/logout', { token })
  const revoked = { code: 'access_token_revoked' }
  await t.rejects(app.accounts.passkeys.addPasskey(caller, { passkey }, CLIENT), revoked)
  await t.rejects(app.accounts.passkeys.removePasskey(caller, body.id, CLIENT), revoked)
})

t.test('an answer that was used to add a passkey adds no other', async t => {
  const { call, signUp } = await serve(t)
  const authenticator = createAuthenticator()
  await addPasskey(call, (await signUp()).accessToken, authenticator)
  const token = (await signIn(call, authenticator)).body.accessToken
  const { body: options } = await call('POST', OPTIONS, { token })
  const add = (credentialId: Buffer) =>
    call('POST', PASSKEYS, {
      token,
      body: { passkey: createAuthenticator().create(options, { credentialId }) }
    })
  t.equal((await add(Buffer.alloc(16, 1))).status, 201)
  const again = await add(Buffer.alloc(16, 2))
  t.strictSame(again.body, expectedProblem(again, 410, 'passkey_challenge_expired'))
})
