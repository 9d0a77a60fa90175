import { Type } from '@sinclair/typebox'
import t from 'tap'
import { createAccounts } from '../../src/auth/accounts/accounts.ts'
import { createAccountAdmin } from '../../src/auth/accounts/admin.ts'
import { createChallenges } from '../../src/auth/challenges/challenges.ts'
import { createCodes } from '../../src/auth/challenges/codes.ts'
import { createSignedLinks } from '../../src/auth/links/signed-links.ts'
import { createAuthMailComposers } from '../../src/auth/mails/composers.ts'
import { createInsertUser } from '../../src/auth/registration/insert-user.ts'
import { createSignUpAdmin } from '../../src/auth/registration/sign-up-admin.ts'
import { createSessions } from '../../src/auth/sessions/sessions.ts'
import { authTables } from '../../src/auth/tables.ts'
import { createMailLimits } from '../../src/auth/throttling/mail-limits.ts'
import type { Identity } from '../../src/auth/user.ts'
import { NoRowAffected } from '../../src/db/bound-statement.ts'
import type { MailRow } from '../../src/mail/tables.ts'
import { codeOf } from '../support/mailbox.ts'
import { PASSWORD, type Pair, type Service } from '../support/service.ts'
import { ADA, serveAda, serveMail } from './mail-service.ts'

const CLIENT = { ip: '192.0.2.1', userAgent: null }
const NEW_PASSWORD = 'battery staple, correct horse'

/** The use cases of a service, in which something happens once a password was verified. */
function createDelayedAccounts({ app, config }: Service, meanwhile: () => Promise<unknown>) {
  const { store, passwordHasher, throttle, sessions, tokens, sealing } = app
  return createAccounts({
    store,
    throttle,
    sessions,
    tokens,
    sealing,
    config,
    removeUserRows: async () => {},
    passwordHasher: {
      ...passwordHasher,
      async verify(password, hash) {
        const result = await passwordHasher.verify(password, hash)
        await meanwhile()
        return result
      }
    }
  })
}

/** The sender of an access token, whose session has just begun. */
const toIdentity = ({ user, accessToken }: Pick<Pair, 'user' | 'accessToken'>): Identity => ({
  ...user,
  sessionId: JSON.parse(`${Buffer.from(`${accessToken.split('.')[1]}`, 'base64url')}`).sid,
  authenticatedAt: new Date(),
  assuranceLevel: 1,
  requiredLevel: 1
})

t.test('what relies on a password or a session is refused when either ends before it commits', async t => {
  const changePassword = async ({ pair, ...service }: Service & { pair: Pair }) =>
    createDelayedAccounts(service, async () => {}).changePassword(
      toIdentity(pair),
      { currentPassword: PASSWORD, newPassword: NEW_PASSWORD },
      CLIENT
    )
  for (const [name, meanwhile, code] of [
    ['the password', changePassword, 'password_wrong'],
    [
      'the session',
      ({ call, pair }: Service & { pair: Pair }) =>
        call('POST', '/api/auth/logout', { token: pair.accessToken }),
      'access_token_revoked'
    ]
  ] as const)
    for (const act of ['requestEmailChange', 'deleteAccount'] as const) {
      const service = await serveAda(t)
      const identity = toIdentity(service.pair)
      const accounts = createDelayedAccounts(service, () => meanwhile(service))
      const run = async () =>
        act === 'deleteAccount'
          ? accounts.deleteAccount(identity, PASSWORD, CLIENT)
          : accounts.requestEmailChange(
              identity,
              { email: 'new@example.org', currentPassword: PASSWORD },
              CLIENT
            )
      await t.rejects(run, { code }, `${act}: ${name} changed`)
    }
})

t.test('a fault of the database is not reported as a refusal', async t => {
  const service = await serveMail(t, { SIGN_UP: 'verified' })
  const { app, config, call, takeMails } = service
  const broken = { ...app.store, atomically: () => Promise.reject(new Error('gone')) }
  const { passwordHasher, throttle, sessions, tokens, sealing } = app
  const dependencies = {
    passwordHasher,
    throttle,
    sessions,
    tokens,
    sealing,
    config,
    removeUserRows: async () => {}
  }
  const accounts = createAccounts({ ...dependencies, store: broken })
  const { challengeId } = (await call('POST', '/api/auth/register', { body: { ...ADA, password: PASSWORD } }))
    .body
  const [mail] = await takeMails()
  const answer = { challengeId, code: mail ? codeOf(mail) : '' }
  const gone = { message: 'gone' }
  await t.rejects(accounts.confirmRegistration(answer, CLIENT), gone)
  await t.rejects(accounts.startRegistration({ ...ADA, password: PASSWORD }, CLIENT), gone)
  await t.rejects(accounts.requestReset(ADA.email, CLIENT), gone)

  const pair = (await call('POST', '/api/auth/register/confirm', { body: answer })).body
  const identity = toIdentity(pair)
  await t.rejects(accounts.deleteAccount(identity, PASSWORD, CLIENT), gone)
  const change = { email: 'new@example.org', currentPassword: PASSWORD }
  await t.rejects(accounts.requestEmailChange(identity, change, CLIENT), gone)

  service.clock.advance(300)
  await service.refresh(pair)
  service.clock.advance(300)
  const { accessToken, refreshToken } = pair
  const brokenSessions = createSessions(broken, tokens, config)
  await t.rejects(
    brokenSessions.refresh({ accessToken, refreshToken, client: CLIENT }),
    gone,
    'the re-use of a token'
  )
})

t.test('an address that gets an account between the code and its use keeps that account', async t => {
  const service = await serveMail(t, { SIGN_UP: 'verified' })
  const { app, call, takeMails } = service
  const { challengeId } = (await call('POST', '/api/auth/register', { body: { ...ADA, password: PASSWORD } }))
    .body
  const [mail] = await takeMails()
  await createSignUpAdmin(app.store, true).create('other', ADA.email, app.passwordHasher)
  const body = { challengeId, code: mail ? codeOf(mail) : '' }
  t.match(await call('POST', '/api/auth/register/confirm', { body }), {
    status: 403,
    body: { code: 'code_wrong' }
  })
})

t.test('an address that its former owner can still put back goes to nobody', async t => {
  const service = await serveMail(t, { SIGN_UP: 'verified' })
  const { app, call, takeMails } = service
  const pair = await makeAccount(app, ADA)
  const change = async (email: string) => {
    const body = { email, currentPassword: PASSWORD }
    return call('PUT', '/api/auth/email', { token: pair.accessToken, body })
  }
  const { challengeId } = (await change('new@example.org')).body
  const [mail] = await takeMails()
  const body = { challengeId, code: mail ? codeOf(mail) : '' }
  t.match(await call('POST', '/api/auth/email/confirm', { token: pair.accessToken, body }), { status: 200 })
  await takeMails()

  const eve = { username: 'eve', email: 'eve@example.org' }
  const asked = await call('POST', '/api/auth/register', {
    body: { ...eve, email: ADA.email, password: PASSWORD }
  })
  t.equal(asked.status, 202)
  t.strictSame(await takeMails(), [], 'no code is mailed')
  const { user, accessToken } = await makeAccount(app, eve)
  const request = { email: ADA.email, currentPassword: PASSWORD }
  t.match(await call('PUT', '/api/auth/email', { token: accessToken, body: request }), { status: 202 })
  t.strictSame(await takeMails(), [])
  const { challenges } = authTables(app.store.kit)
  const rows = await app.store.db.select().from(challenges)
  const row = rows.find(({ purpose, userId }) => purpose === 'email_change' && userId === user.id)
  if (!row) throw new Error('no challenge')
  await t.rejects(app.accounts.changeByChallenge(row, user.id, CLIENT), { code: 'already_taken' })
  await t.rejects(app.accounts.changeByChallenge(row, 'nobody', CLIENT), { code: 'challenge_expired' })
})

t.test('a session that has ended meanwhile changes no e-mail', async t => {
  const { app, pair, call, takeMails } = await serveAda(t)
  const body = { email: 'new@example.org', currentPassword: PASSWORD }
  const { challengeId } = (await call('PUT', '/api/auth/email', { token: pair.accessToken, body })).body
  const [mail] = await takeMails()
  const answer = { challengeId, code: mail ? codeOf(mail) : '' }
  const identity = await app.sessions.authenticate(pair.accessToken)
  await call('POST', '/api/auth/logout', { token: pair.accessToken })
  await t.rejects(app.accounts.confirmEmailChange(identity, answer, CLIENT), { code: 'access_token_revoked' })
  t.match(await call('POST', '/api/auth/login', { body: { email: ADA.email, password: PASSWORD } }), {
    status: 200
  })
})

t.test('a challenge that was used meanwhile changes nothing', async t => {
  const { app, pair, call } = await serveAda(t)
  const body = { email: 'new@example.org', currentPassword: PASSWORD }
  await call('PUT', '/api/auth/email', { token: pair.accessToken, body })
  const { challenges } = authTables(app.store.kit)
  const rows = await app.store.db.select().from(challenges)
  const row = rows.find(({ purpose }) => purpose === 'email_change')
  if (!row) throw new Error('no challenge')
  t.match(await app.accounts.changeByChallenge(row, pair.user.id, CLIENT), { user: { email: body.email } })
  await t.rejects(app.accounts.changeByChallenge(row, pair.user.id, CLIENT), { code: 'challenge_expired' })
})

/** Makes an account past the routes, and signs it in. */
async function makeAccount({ store, passwordHasher, sessions }: Service['app'], names: typeof ADA) {
  const passwordHash = await passwordHasher.hash(PASSWORD)
  const { user, statements } = createInsertUser(store).bindInsert({
    ...names,
    passwordHash,
    emailVerified: true
  })
  await store.atomically(...statements)
  return sessions.start({ ...user, passwordVersion: 0 }, CLIENT)
}

t.test('a challenge of another kind makes no account', async t => {
  const { app, pair, call } = await serveAda(t)
  const { challengeId } = (await call('POST', '/api/auth/email/verification', { token: pair.accessToken }))
    .body
  const { challenges } = authTables(app.store.kit)
  const row = (await app.store.db.select().from(challenges)).find(found => found.challengeId === challengeId)
  if (!row) throw new Error('no challenge')
  await t.rejects(app.accounts.registerByChallenge(row), { code: 'challenge_expired' })
})

t.test('the page of a code does nothing for a disabled account', async t => {
  const service = await serveAda(t)
  const { app, pair, call, takeMails } = service
  const { challengeId } = (await call('POST', '/api/auth/email/verification', { token: pair.accessToken }))
    .body
  const [mail] = await takeMails()
  const admin = createAccountAdmin(app.store, true)
  const account = await admin.find(ADA.email)
  if (account) await admin.disable(account)
  const answer = { challengeId, code: mail ? codeOf(mail) : '', password: PASSWORD }
  await t.rejects(app.accounts.confirmWithPassword(answer, CLIENT), { code: 'account_disabled' })
  await t.rejects(
    app.accounts.confirmWithPassword({ ...answer, password: 'wrong' }, CLIENT),
    { code: 'password_wrong' },
    'which only who has the password is told'
  )
})

t.test('a limit or a block whose row is gone by now lasts for a second', async t => {
  const { app } = await serveMail(t)
  const limits = createMailLimits(app.store).prepareCounts({
    kind: 'x',
    emailKey: ADA.email,
    ip: '192.0.2.1'
  })
  const [statement] = limits.statements
  if (!statement) throw new Error('no statement')
  const retryAfter = { headers: { 'retry-after': '1' } }
  await t.rejects(limits.explain(new NoRowAffected(statement)), { code: 'mail_throttled', ...retryAfter })
  const challenges = createChallenges(app.store, createCodes(app.tokens.deriveKeys))
  t.match(await challenges.explainNoTryFor('verification', 'nobody'), {
    code: 'too_many_tries',
    ...retryAfter
  })
})

t.test('mails about what is no more are dropped', async t => {
  const { app, config, clock } = await serveMail(t)
  const { store, tokens } = app
  if (!config.mail) throw new Error('no mail')
  const { mail, appName } = config
  const composers = createAuthMailComposers({ store, mail, appName, deriveKeys: tokens.deriveKeys })
  const now = clock.now()
  const row: MailRow = {
    id: store.newId(),
    kind: 'x',
    address: 'nobody@example.org',
    userId: null,
    data: {},
    createdAt: now,
    dueAt: now,
    attempts: 1,
    expiresAt: now,
    lastError: null,
    givenUpAt: null
  }
  for (const kind of [
    'verification_code',
    'registration_code',
    'email_change_code',
    'password_reset',
    'invitation',
    'sign_in_throttled'
  ])
    t.equal(await composers[kind]?.(row), undefined, kind)
  t.match(await composers.email_changed?.(row), { to: 'nobody@example.org' }, 'but notices go out')
})

t.test('a genuine link of other claims is none', async t => {
  const { app } = await serveMail(t)
  const keys = app.tokens.deriveKeys('test')
  const former = createSignedLinks('lkt_', keys, Type.Object({ id: Type.String() }))
  const present = createSignedLinks('lkt_', keys, Type.Object({ userId: Type.String() }))
  t.strictSame(former.verify(former.issue({ id: 'x' })), { id: 'x' })
  t.equal(present.verify(former.issue({ id: 'x' })), undefined)
})
