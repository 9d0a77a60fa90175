import { needsRehash } from 'argon2'
import t from 'tap'
import { passwordsOf } from '../../src/auth/passwords.ts'
import { usersOf } from '../../src/auth/users.ts'
import { readConfig } from '../../src/config.ts'
import { asIs, PASSWORD, problem, serve } from '../service.ts'

const DEVICE = { ip: '192.0.2.1', userAgent: null }

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
  t.strictSame(wrong.body, problem(wrong, 401, 'invalid_credentials', { action: 'sign-in' }))
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
  const real = await passwordsOf(readConfig({}))
  const verified: (string | undefined)[] = []
  const users = usersOf(
    app.store,
    {
      ...real,
      verify: (password, hash) => {
        verified.push(hash)
        return real.verify(password, hash)
      }
    },
    app.throttle
  )
  await t.rejects(users.authenticate('eve@example.org', '', DEVICE, asIs), { code: 'invalid_credentials' })
  await t.rejects(users.authenticate('ada@example.org', '', DEVICE, asIs), { code: 'invalid_credentials' })
  t.match(verified, [undefined, /^\$argon2id\$/])
  t.equal(await real.verify('', undefined), 'wrong')
})

t.test('[V6.2] a password is verified exactly as it was received, in its whole length', async t => {
  const { call, signUp } = await serve(t)
  const passwords = [
    {
      password: ` ${'x'.repeat(126)} `,
      others: ['x'.repeat(126), ` ${'x'.repeat(126)}`, ` ${'x'.repeat(125)}y `]
    },
    { password: '\0null\0 and é', others: ['null and é', '\0', '\0null\0 and e\u0301'] },
    {
      password: `${'Aa'.repeat(36)}b`,
      others: [`${'Aa'.repeat(36)}c`, 'Aa'.repeat(36), `${'aa'.repeat(36)}b`]
    }
  ]
  for (const [index, { password, others }] of passwords.entries()) {
    const email = `p${index}@example.org`
    await signUp({ username: `person${index}`, email, password })
    for (const other of others)
      t.equal((await call('POST', '/api/auth/login', { body: { email, password: other } })).status, 401)
    t.equal((await call('POST', '/api/auth/login', { body: { email, password } })).status, 200)
  }
})

t.test('[HASH] argon2id with 19 MiB and 2 passes or more; raised parameters rehash at sign-in', async t => {
  const { app, signUp } = await serve(t)
  await signUp({ email: 'ada@example.org' })
  const hashed = async () => (await app.store.db.select().from(app.store.tables.users))[0]?.passwordHash ?? ''
  t.match(await hashed(), /^\$argon2id\$v=19\$m=19456,p=1,t=2\$|^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)

  const raised = { memoryCost: 20_000, timeCost: 3, parallelism: 1 }
  const config = readConfig({ PASSWORD_HASH_MEMORY: '20000', PASSWORD_HASH_TIME: '3' })
  const later = usersOf(app.store, await passwordsOf(config), app.throttle)
  t.equal(needsRehash(await hashed(), raised), true)
  await t.rejects(later.authenticate('ada@example.org', 'wrong', DEVICE, asIs), {
    code: 'invalid_credentials'
  })
  t.equal(needsRehash(await hashed(), raised), true, 'not for a wrong password')
  await later.authenticate('ada@example.org', PASSWORD, DEVICE, asIs)
  t.equal(needsRehash(await hashed(), raised), false)
  t.match(await later.authenticate('ada@example.org', PASSWORD, DEVICE, asIs), { email: 'ada@example.org' })
})

t.test('[V7.4.2] who is deleted while the password is checked is not signed in', async t => {
  const { app, call, signUp } = await serve(t)
  const { user, accessToken: token } = await signUp()
  const device = { ip: '127.0.0.1', userAgent: null }
  const checked = await app.users.authenticate(user.email, PASSWORD, DEVICE, asIs)
  t.equal((await call('DELETE', '/api/auth/me', { token, body: { password: PASSWORD } })).status, 204)

  await t.rejects(app.sessions.start(checked, device), { code: 'invalid_credentials' })
  await t.resolves(
    app.store.atomically(app.events.step(user.id, 'session_ended', device)),
    'nor does an event of the deleted user fail'
  )
  t.strictSame(await app.events.list(user.id, 1), { items: [], nextCursor: null })
})
