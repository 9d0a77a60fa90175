import * as argon2 from 'argon2'
import t from 'tap'
import { createLogin } from '../../src/auth/accounts/login.ts'
import { createPasswordHasher, type PasswordHasher } from '../../src/auth/passwords/password-hasher.ts'
import { readConfig } from '../../src/config/config.ts'
import type { BoundStatement } from '../../src/db/bound-statement.ts'
import { StatementError } from '../../src/db/errors.ts'
import { allTables } from '../../src/features.ts'
import { expectedProblem, loginServices, loginWithDelay, PASSWORD, serve } from '../support/service.ts'

const CLIENT = { ip: '192.0.2.1', userAgent: null }

t.test('signing in begins a session of its own', async t => {
  const { call, signUp } = await serve(t)
  const first = await signUp({ email: 'Ada@example.org' })
  const answer = await call('POST', '/api/auth/login', {
    body: { email: 'aDA@Example.ORG', password: PASSWORD }
  })
  t.match(answer, { status: 200, headers: { 'cache-control': 'no-store' } })
  t.strictSame(answer.body, {
    ...first,
    accessToken: answer.body.accessToken,
    refreshToken: answer.body.refreshToken
  })
  t.not(answer.body.accessToken, first.accessToken)

  await call('POST', '/api/auth/logout', { token: first.accessToken })
  t.equal((await call('GET', '/api/auth/me', { token: answer.body.accessToken })).status, 200)
})

t.test('[V6.3.8] a wrong password and an unknown e-mail are answered alike', async t => {
  const { call, signUp } = await serve(t)
  await signUp({ email: 'ada@example.org' })
  const wrong = await call('POST', '/api/auth/login', {
    body: { email: 'ada@example.org', password: 'wrong' }
  })
  const unknown = await call('POST', '/api/auth/login', {
    body: { email: 'eve@example.org', password: 'wrong' }
  })
  t.strictSame(wrong.body, expectedProblem(wrong, 401, 'invalid_credentials', { action: 'sign-in' }))
  t.equal(wrong.headers['www-authenticate'], 'Bearer')
  const { instance: _, ...first } = wrong.body
  const { instance: __, ...second } = unknown.body
  t.strictSame(second, first)
  const names = (headers: object) => Object.keys(headers)
  t.strictSame(names(unknown.headers), names(wrong.headers))
})

t.test('[V6.3.8] an unknown e-mail costs one verification, as a known one does', async t => {
  const { app, signUp } = await serve(t)
  await signUp({ email: 'ada@example.org' })
  const real = await createPasswordHasher(readConfig({}))
  const verified: (string | null | undefined)[] = []
  const { store, throttle, sessions } = app
  const passwordHasher: PasswordHasher = {
    ...real,
    verify: (password, hash) => {
      verified.push(hash)
      return real.verify(password, hash)
    }
  }
  const login = createLogin({ ...loginServices(app), store, passwordHasher, throttle, sessions })
  for (const email of ['eve@example.org', 'ada@example.org'])
    await t.rejects(login({ email, password: '' }, CLIENT), { code: 'invalid_credentials' })
  t.match(verified, [undefined, /^\$argon2id\$/])
  t.equal(await real.verify('', undefined), 'wrong')
})

t.test('[V6.2] a password is verified as it was received, in its whole length', async t => {
  const { call, signUp } = await serve(t)
  const long = 'four random words '.repeat(7)
  const passwords = [
    { password: ` ${long}x`, others: [`${long}x`, ` ${long}`, ` ${long}y`, ` ${long.toUpperCase()}x`] },
    {
      password: '\0null and é\0, too',
      others: ['null and é, too', '\0', '\0null and e\0, too', '\0null and É\0, too']
    },
    { password: 'one² of a kind', others: ['one2 of a kind', 'one² of a  kind', 'one² of a kind '] }
  ]
  for (const [index, { password, others }] of passwords.entries()) {
    const email = `p${index}@example.org`
    await signUp({ username: `person${index}`, email, password })
    for (const other of others)
      t.equal((await call('POST', '/api/auth/login', { body: { email, password: other } })).status, 401)
    t.equal((await call('POST', '/api/auth/login', { body: { email, password } })).status, 200)
  }
})

const NFC = 'pâte à crêpes, dès l’été'
const NFD = NFC.normalize('NFD')

t.test('[R8265-4.2] one password, however its letters are composed and its spaces written', async t => {
  const { call, signUp } = await serve(t)
  const forms = [NFC, NFD, NFC.replaceAll(' ', '\u00a0'), NFD.replaceAll(' ', '\u3000')]
  for (const password of forms) {
    const { user, accessToken: token } = await signUp({ password })
    const login = (given: string) =>
      call('POST', '/api/auth/login', { body: { email: user.email, password: given } })
    for (const other of forms) t.equal((await login(other)).status, 200)
    t.equal((await login(NFC.normalize('NFKC').replaceAll('â', 'a'))).status, 401)

    const body = { currentPassword: NFD, newPassword: NFC }
    const same = await call('PUT', '/api/auth/password', { token, body })
    t.equal(same.body.errors?.[0].detail, 'is the password that the account has now; choose another')
    const removed = await call('DELETE', '/api/auth/me', { token, body: { password: forms[2] } })
    t.equal(removed.status, 204)
  }
})

t.test('[R8265-4.2] the length limits apply to the normalized password', async t => {
  const { call } = await serve(t)
  const register = (name: string, password: string) =>
    call('POST', '/api/auth/register', { body: { username: name, email: `${name}@example.org`, password } })
  const long = 'dès l’été, à crêpes: '.repeat(7)
  t.equal((await register('ada', long.slice(0, 128).normalize('NFD'))).status, 201)
  const errors = [{ pointer: '/password', detail: 'is not accepted; give 8 to 128 characters of any kind' }]
  for (const password of [
    long.slice(0, 129).normalize('NFD'),
    'é\u0301e\u0301e\u0301e\u0301'.normalize('NFD')
  ]) {
    const answer = await register('eve', password)
    t.strictSame(answer.body, expectedProblem(answer, 400, 'validation_failed', { errors }))
  }
})

t.test(
  '[R8265-4.2] a password that was hashed before normalization still works, and is hashed anew',
  async t => {
    const { app, call, signUp } = await serve(t)
    const { db, kit } = app.store
    const tables = allTables(kit)
    const hashed = async () => (await db.select().from(tables.users))[0]?.passwordHash ?? ''
    const { user } = await signUp({ password: NFC })
    const login = async (password: string) =>
      (await call('POST', '/api/auth/login', { body: { email: user.email, password } })).status
    const typed = [NFD, NFD.replaceAll(' ', '\u00a0')]
    for (const password of typed) {
      for (const first of [password, NFD]) {
        // As before there was one form.
        const passwordHash = await argon2.hash(password, { memoryCost: 64, timeCost: 1, parallelism: 1 })
        await db.update(tables.users).set({ passwordHash })
        t.equal(await login(`${password}!`), 401)
        t.equal(await hashed(), passwordHash)
        if (first !== password && password !== NFD) t.equal(await login(first), 401, 'of another space')
        t.equal(await login(password), 200)
        t.not(await hashed(), passwordHash)
        t.equal(await argon2.verify(await hashed(), NFC), true)
        t.equal(await login(NFC), 200)
      }
    }
  }
)

t.test('a user whose password would be refused today can sign in with it', async t => {
  const { app, call, signUp } = await serve(t)
  const { user } = await signUp()
  const passwordHash = await app.passwordHasher.hash('password')
  await app.store.db.update(allTables(app.store.kit).users).set({ passwordHash })
  const body = { email: user.email, password: 'password' }
  t.equal((await call('POST', '/api/auth/login', { body })).status, 200)
})

t.test('[V6.3.8] an unknown e-mail costs as many verifications for a password of several forms', async t => {
  const { app, signUp } = await serve(t)
  await signUp({ email: 'ada@example.org' })
  const verified: string[] = []
  const verify = async (hash: string) => {
    verified.push(hash)
    return false
  }
  const passwordHasher = await createPasswordHasher(
    readConfig({}),
    1,
    async () => ({ ...argon2, verify }) as never
  )
  const { store, throttle, sessions } = app
  const login = createLogin({ ...loginServices(app), store, passwordHasher, throttle, sessions })
  const costOf = async (email: string, password: string) => {
    verified.length = 0
    await t.rejects(login({ email, password }, CLIENT), { code: 'invalid_credentials' })
    return verified.length
  }
  for (const [password, cost] of [
    ['ascii', 1],
    [NFC, 2],
    [NFD, 2],
    [NFD.replaceAll(' ', '\u00a0'), 2]
  ] as const) {
    t.equal(await costOf('ada@example.org', password), cost)
    t.equal(await costOf('eve@example.org', password), cost)
  }
})

t.test('[HASH] argon2id with 19 MiB and 2 passes or more; raised parameters rehash at sign-in', async t => {
  const { app, signUp } = await serve(t, { PASSWORD_HASH_TIME: '2' })
  await signUp({ email: 'ada@example.org' })
  const hashed = async () =>
    (await app.store.db.select().from(allTables(app.store.kit).users))[0]?.passwordHash ?? ''
  t.match(await hashed(), /^\$argon2id\$v=19\$m=19456,p=1,t=2\$|^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)

  const raised = { memoryCost: 20_000, timeCost: 3, parallelism: 1 }
  const config = readConfig({ PASSWORD_HASH_MEMORY: '20000', PASSWORD_HASH_TIME: '3' })
  const { store, throttle, sessions } = app
  const login = createLogin({
    ...loginServices(app),
    store,
    passwordHasher: await createPasswordHasher(config),
    throttle,
    sessions
  })
  const email = 'ada@example.org'
  t.equal(argon2.needsRehash(await hashed(), raised), true)
  await t.rejects(login({ email, password: 'wrong' }, CLIENT), { code: 'invalid_credentials' })
  t.equal(argon2.needsRehash(await hashed(), raised), true, 'not for a wrong password')
  await login({ email, password: PASSWORD }, CLIENT)
  t.equal(argon2.needsRehash(await hashed(), raised), false)
  t.match(await login({ email, password: PASSWORD }, CLIENT), { user: { email } })
})

t.test('[V7.4.2] a user who is deleted while the password is verified is not signed in', async t => {
  const { app, call, signUp } = await serve(t)
  const { user, accessToken: token } = await signUp()
  const deleteAccount = async () =>
    t.equal((await call('DELETE', '/api/auth/me', { token, body: { password: PASSWORD } })).status, 204)
  await t.rejects(loginWithDelay(app, user.email, deleteAccount), { code: 'invalid_credentials' })
  await t.resolves(
    app.store.atomically(app.auditLog.bindEvent(user.id, 'session_ended', CLIENT)),
    'nor does an event of the deleted user fail'
  )
  t.strictSame(await app.auditLog.list(user.id, 1), { items: [], nextCursor: null })
})

t.test('nobody sets a password by a sign-in', async t => {
  const { call, signUp } = await serve(t)
  const { user } = await signUp()
  const body = { email: user.email, password: PASSWORD, newPassword: 'another long phrase' }
  const refused = await call('POST', '/api/auth/login', { body })
  const errors = [{ pointer: '/newPassword', detail: 'is not known; known are email, password' }]
  t.strictSame(refused.body, expectedProblem(refused, 400, 'validation_failed', { errors }))
  const { newPassword, ...usual } = body
  t.equal((await call('POST', '/api/auth/login', { body: usual })).status, 200, 'nothing has changed')
})

t.test('a failure that cannot be told to the owner does not count', async t => {
  const { app, call, signUp } = await serve(t)
  const { user } = await signUp()
  const login = (password: string) =>
    call('POST', '/api/auth/login', { body: { email: user.email, password } })
  for (let failures = 1; failures < 5; failures++) t.equal((await login('wrong')).status, 401)
  const { atomically } = app.store
  const isMark = ({ name }: { name: string }) => name.startsWith('mail_limits')
  const fault = new StatementError('mail_limits', Object.assign(new Error('full'), { code: 'SQLITE_FULL' }))
  Object.assign(app.store, {
    atomically: (...statements: BoundStatement[]) =>
      statements.some(isMark) ? Promise.reject(fault) : atomically(...statements)
  })
  t.equal((await login('wrong')).status, 503)
  Object.assign(app.store, { atomically })
  t.equal((await login('wrong')).status, 401, 'the fifth')
  t.equal((await login(PASSWORD)).status, 429)
})
