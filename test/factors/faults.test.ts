import { eq } from 'drizzle-orm'
import t from 'tap'
import { createFactors, type Factors } from '../../src/auth/factors/factors.ts'
import { allTables } from '../../src/features.ts'
import { codeOf, type FactorService, STEP, serveFactors } from './factor-service.ts'

const CLIENT = { ip: '192.0.2.1', userAgent: null }
const GONE = { message: 'gone' }

/** The use cases of a service, in which something happens before a transaction. */
function createDelayed({ app, config }: FactorService, meanwhile: () => Promise<unknown>): Factors {
  const { store } = app
  const delayed: typeof store = {
    ...store,
    async atomically(...statements) {
      await meanwhile()
      return store.atomically(...statements)
    }
  }
  const start: typeof app.sessions.start = async (...args) => {
    await meanwhile()
    return app.sessions.start(...args)
  }
  return createFactors({ ...app, config, store: delayed, sessions: { start } })
}

t.test('a fault of the database is not reported as a refusal, and uses nothing up', async t => {
  const service = await serveFactors(t)
  const { app, call, pair, addTotp, challenge, answer } = service
  const { secret } = await addTotp()
  const token = pair.accessToken
  const begun = (await call('POST', '/api/auth/factors/totp', { token })).body
  const broken = createDelayed(service, () => Promise.reject(new Error('gone')))
  const caller = await app.sessions.authenticate(token)
  await t.rejects(broken.beginTotp(caller), GONE)
  await t.rejects(broken.confirmTotp(caller, begun.id, codeOf(begun.secret, service), CLIENT), GONE)
  await t.rejects(broken.remove(caller, begun.id, CLIENT), GONE)
  await t.rejects(broken.replaceRecoveryCodes(caller, CLIENT), GONE)
  const text = await challenge()
  const code = codeOf(secret, service)
  await t.rejects(broken.loginWithSecondFactor({ challenge: text, code }, CLIENT), GONE)
  t.equal((await answer({ challenge: text, code })).status, 200)
  t.equal((await call('GET', '/api/auth/factors', { token })).body.recoveryCodesLeft, 10)
})

t.test('what changes between the check and the write lets nothing through', async t => {
  const service = await serveFactors(t)
  const { app, call, pair, addTotp, challenge, clock } = service
  const { id, secret } = await addTotp()
  const { users, totpFactors } = allTables(app.store.kit)
  const { db } = app.store
  const userId = pair.user.id
  const signIn = async (meanwhile: () => Promise<unknown>) => {
    const text = await challenge()
    clock.advance(STEP)
    const code = codeOf(secret, service)
    return createDelayed(service, meanwhile).loginWithSecondFactor({ challenge: text, code }, CLIENT)
  }
  const update = (values: object) => db.update(users).set(values).where(eq(users.id, userId)).execute()
  await t.rejects(
    signIn(() => update({ passwordVersion: 1 })),
    { code: 'sign_in_expired' }
  )
  await t.rejects(
    signIn(() => update({ disabledAt: clock.now() })),
    { code: 'sign_in_expired' }
  )
  const text = await challenge().catch(() => '')
  await update({ disabledAt: null })
  const good = await challenge()
  await update({ disabledAt: clock.now() })
  const refused = await service.answer({ challenge: good, code: codeOf(secret, service) })
  t.match(refused, { status: 403, body: { code: 'account_disabled' } })
  t.notOk(text, 'a disabled account gets no challenge')
  await update({ disabledAt: null })

  const token = pair.accessToken
  const proof = { token, body: { code: codeOf(secret, service, 1) } }
  t.equal((await call('POST', '/api/auth/reauthenticate', proof)).status, 200)
  const begun = (await call('POST', '/api/auth/factors/totp', { token })).body
  const caller = await app.sessions.authenticate(token)
  const logout = createDelayed(service, () =>
    call('POST', '/api/auth/logout', { token, body: { scope: 'all' } })
  )
  await t.rejects(logout.confirmTotp(caller, begun.id, codeOf(begun.secret, service), CLIENT), {
    code: 'access_token_revoked'
  })
  await t.rejects(logout.beginTotp(caller), { code: 'access_token_revoked' })
  await t.rejects(logout.remove(caller, id, CLIENT), { code: 'access_token_revoked' })
  await t.rejects(logout.replaceRecoveryCodes(caller, CLIENT), { code: 'access_token_revoked' })
  const rows = await db.select().from(totpFactors).where(eq(totpFactors.userId, userId)).execute()
  t.strictSame(rows.map(({ confirmedAt }) => confirmedAt !== null).sort(), [false, true])
})

t.test('what the account can show is told, and nothing else', async t => {
  const service = await serveFactors(t)
  const { app, pair, addTotp, login } = service
  await addTotp()
  const { totpFactors, recoveryCodes, passkeys } = allTables(app.store.kit)
  const { db } = app.store
  const methods = async () => (await login()).body.methods
  t.strictSame(await methods(), ['totp', 'recovery_code'])
  await db.delete(totpFactors).execute()
  t.strictSame(await methods(), ['recovery_code'])
  const passkey = {
    id: app.store.newId(),
    userId: pair.user.id,
    credentialId: '',
    publicKey: '',
    signCount: 0,
    transports: [],
    aaguid: '',
    isBackupEligible: false,
    isBackedUp: false,
    name: '',
    createdAt: app.store.now()
  }
  await db.insert(passkeys).values(passkey).execute()
  t.strictSame(await methods(), ['passkey', 'recovery_code'])
  await db.delete(recoveryCodes).execute()
  t.strictSame(await methods(), ['passkey'])
})

t.test('with a passkey beside it, the last app leaves the recovery codes', async t => {
  const service = await serveFactors(t)
  const { app, call, pair, addTotp, login } = service
  const { id } = await addTotp()
  const { passkeys } = allTables(app.store.kit)
  const flags = { isBackupEligible: false, isBackedUp: false }
  const passkey = {
    credentialId: 'x',
    publicKey: '',
    signCount: 0,
    transports: [],
    aaguid: '',
    name: '',
    ...flags
  }
  const row = { ...passkey, id: app.store.newId(), userId: pair.user.id, createdAt: app.store.now() }
  await app.store.db.insert(passkeys).values(row).execute()
  const token = pair.accessToken
  t.equal((await call('DELETE', `/api/auth/factors/${id}`, { token })).status, 204)
  t.strictSame((await call('GET', '/api/auth/factors', { token })).body, { items: [], recoveryCodesLeft: 10 })
  t.strictSame((await login()).body.methods, ['passkey', 'recovery_code'])
})
