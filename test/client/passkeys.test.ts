import t from 'tap'
import { type Authenticators, createClient, supportsPasskeys } from '../../src/client/index.ts'
import { serveMail } from '../accounts/mail-service.ts'
import { createAuthenticator } from '../support/authenticator.ts'
import { codeOf } from '../support/mailbox.ts'
import { serve } from '../support/service.ts'
import { ADA, createTestClient } from './in-process-client.ts'

/** Makes a passkey, and uses it, without asking anybody. */
function createSilentAuthenticators() {
  const authenticator = createAuthenticator()
  const requests: object[] = []
  const authenticators: Authenticators = {
    create: async options => ({ ...authenticator.create(options), type: 'public-key' }),
    async get(options, request) {
      requests.push(request)
      return { ...authenticator.get(options), type: 'public-key' }
    }
  }
  return { authenticators, requests }
}

t.test('a passkey is added, signs in, makes a session fresh and is removed', async t => {
  const service = await serve(t)
  const { authenticators, requests } = createSilentAuthenticators()
  const { client } = createTestClient(service, { platform: { authenticators } })
  const user = await client.auth.register(ADA)
  const { id, recoveryCodes, ...added } = await client.auth.addPasskey('Laptop')
  t.equal(recoveryCodes?.length, 10)
  t.match(added, { name: 'Laptop', lastUsedAt: null })

  await client.auth.logout()
  t.strictSame(await client.auth.loginWithPasskey({ mediation: 'conditional' }), user)
  t.strictSame(requests, [{ mediation: 'conditional' }])
  t.strictSame(client.auth.user(), user)
  t.match(await client.auth.patchPasskey(id, { name: 'Old laptop' }), { id, name: 'Old laptop' })
  t.match(await client.auth.passkeys(), [{ id, name: 'Old laptop' }])
  const passkey = await client.auth.getPasskey()
  t.match(await client.auth.reauthenticate({ passkey }), { level: 'aal2' })
  t.equal(await client.auth.removePasskey(id), undefined)
  t.strictSame(await client.auth.passkeys(), [])
})

t.test('a passkey is a second factor', async t => {
  const service = await serve(t)
  const { authenticators } = createSilentAuthenticators()
  const { client } = createTestClient(service, { platform: { authenticators } })
  const user = await client.auth.register(ADA)
  t.match(await client.auth.addPasskey(), { name: 'Passkey' })
  const login = client.auth.login({ email: ADA.email, password: ADA.password })
  const error = await login.catch(refusal => refusal)
  t.match(error, { code: 'second_factor_required', document: { methods: ['passkey', 'recovery_code'] } })
  const { challenge } = error.document
  const passkey = await client.auth.getPasskey()
  t.strictSame(await client.auth.loginWithSecondFactor({ challenge, passkey }), user)
})

t.test('an account begins with a passkey, at once or with the code of the mail', async t => {
  const { username, email } = ADA
  const open = await serve(t)
  const { authenticators } = createSilentAuthenticators()
  const { client } = createTestClient(open, { platform: { authenticators } })
  const passkey = await client.auth.createFirstPasskey({ username, email })
  const { recoveryCodes, ...user } = await client.auth.register({ username, email, passkey })
  t.equal(recoveryCodes?.length, 10)
  t.strictSame(client.auth.user(), user, 'the codes are not stored')

  const verified = await serveMail(t, { SIGN_UP: 'verified', PASSKEY_RP_ID: 'localhost' })
  const other = createTestClient(verified, { platform: { authenticators } })
  const { auth } = other.client
  const first = await auth.createFirstPasskey({ username, email })
  const { challengeId } = await auth.startRegistration({ username, email, passkey: first })
  const [mail] = await verified.takeMails()
  const confirmed = await auth.confirmRegistration({ challengeId, code: mail ? codeOf(mail) : '' })
  t.match(confirmed, { username, emailVerified: true, recoveryCodes: Array })
  t.equal(confirmed.recoveryCodes?.length, 10)
})

t.test('the browser itself converts the options and the answers', async t => {
  const service = await serve(t)
  const authenticator = createAuthenticator()
  const page = globalThis as { PublicKeyCredential?: object }
  const { client } = createTestClient(service)
  await client.auth.register(ADA)
  t.equal(supportsPasskeys(), false)
  const notSupported = /has no passkeys, or is too old for them/
  await t.rejects(client.auth.addPasskey(), notSupported)
  await t.rejects(client.auth.loginWithPasskey(), notSupported)

  const calls: object[] = []
  page.PublicKeyCredential = {
    parseCreationOptionsFromJSON: (options: object) => ({ parsed: options }),
    parseRequestOptionsFromJSON: (options: object) => ({ parsed: options })
  }
  const credentials = {
    async create(options: { publicKey: { parsed: Parameters<typeof authenticator.create>[0] } }) {
      calls.push(options)
      return { toJSON: () => authenticator.create(options.publicKey.parsed) }
    },
    async get(options: { publicKey: { parsed: Parameters<typeof authenticator.get>[0] } }) {
      calls.push(options)
      return { toJSON: () => authenticator.get(options.publicKey.parsed) }
    }
  }
  Object.defineProperty(globalThis.navigator, 'credentials', { value: credentials, configurable: true })
  t.teardown(() => {
    delete page.PublicKeyCredential
    Reflect.deleteProperty(globalThis.navigator, 'credentials')
  })
  t.equal(supportsPasskeys(), true)
  t.match(await client.auth.addPasskey(), { name: 'Passkey' })
  const { signal } = new AbortController()
  t.match(await client.auth.loginWithPasskey({ mediation: 'optional', signal }), { username: ADA.username })
  t.match(calls, [
    { publicKey: { parsed: { rp: { id: 'localhost' } } } },
    { publicKey: { parsed: { rpId: 'localhost' } }, mediation: 'optional', signal }
  ])
  t.ok(createClient({ baseUrl: 'http://service' }).auth.getPasskey)
})
