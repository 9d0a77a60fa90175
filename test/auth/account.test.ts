import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { allTables } from '../../src/features.ts'
import { defaults } from '../../src/todos/content/content.ts'
import { toRow } from '../../src/todos/todo.ts'
import { createDatabase, query } from '../support/databases.ts'
import { expectedProblem, loginWithDelay, PASSWORD, serve } from '../support/service.ts'

const email = 'ada@example.org'
const newPassword = 'battery staple, correct horse'
const device = { ip: '127.0.0.1', userAgent: null }

/** A service with one person who is signed in twice. */
async function signedInTwice(t: Parameters<typeof serve>[0]) {
  const service = await serve(t)
  const one = await service.signUp({ username: 'ada', email })
  const login = (password: string) => service.call('POST', '/api/auth/login', { body: { email, password } })
  const other = (await login(PASSWORD)).body
  const change = (token: string, body: object) => service.call('PUT', '/api/auth/password', { token, body })
  const me = (token: string) => service.call('GET', '/api/auth/me', { token })
  return { ...service, one, other, login, change, me }
}

t.test('a change of the password makes all access tokens stale, and the sessions go on', async t => {
  const { call, change, me, login, one, other, refresh } = await signedInTwice(t)
  const answer = await change(one.accessToken, { currentPassword: PASSWORD, newPassword })
  t.match(answer, { status: 200, headers: { 'cache-control': 'no-store' } })
  t.match(answer.body, { expiresIn: 300, tokenType: 'Bearer', user: one.user })
  t.equal((await me(answer.body.accessToken)).status, 200, 'the caller has a fresh pair')

  for (const { accessToken } of [one, other]) {
    const stale = await me(accessToken)
    t.strictSame(stale.body, expectedProblem(stale, 401, 'access_token_stale', { action: 'refresh' }))
    t.match(
      stale.headers['www-authenticate'],
      /^Bearer error="invalid_token", error_description="The access token is stale"$/
    )
  }
  const renewed = await refresh(other)
  t.equal(renewed.status, 200, 'refreshed before its expiry')
  t.equal((await me(renewed.body.accessToken)).status, 200)
  t.equal((await refresh(renewed.body)).body.code, 'access_token_not_expired')
  t.match((await refresh(one)).body, { code: 'refresh_token_used', action: 'use-latest' })

  t.equal((await login(PASSWORD)).status, 401)
  t.equal((await login(newPassword)).status, 200)
  const { items } = (await call('GET', '/api/auth/events', { token: answer.body.accessToken })).body
  t.match(
    items.find(({ type }: { type: string }) => type === 'password_changed'),
    { ip: '127.0.0.1' }
  )
})

t.test('a change of the password may end the other sessions', async t => {
  const { call, change, me, one, other, refresh } = await signedInTwice(t)
  const body = { currentPassword: PASSWORD, newPassword, endOtherSessions: true }
  const { accessToken: token } = (await change(one.accessToken, body)).body
  t.equal((await me(other.accessToken)).body.code, 'access_token_revoked')
  t.equal((await refresh(other)).body.code, 'refresh_token_revoked')
  t.match((await call('GET', '/api/auth/sessions', { token })).body.items, [{ current: true }])
  const { items } = (await call('GET', '/api/auth/events', { token })).body
  t.match(items[0], { type: 'session_ended', endReason: 'password_changed' })
})

t.test('[V6.2] the current password is required, and the new one must be hard to guess', async t => {
  const { change, login, me, one } = await signedInTwice(t)
  const wrong = await change(one.accessToken, { currentPassword: 'wrong', newPassword })
  t.strictSame(wrong.body, expectedProblem(wrong, 403, 'password_wrong'))
  const guessable = await change(one.accessToken, { currentPassword: PASSWORD, newPassword: 'password123' })
  t.match(guessable.body, { code: 'validation_failed', errors: [{ pointer: '/newPassword' }] })
  const incomplete = await change(one.accessToken, { newPassword: 'short' })
  t.match(incomplete.body, {
    code: 'validation_failed',
    errors: [{ pointer: '/newPassword', detail: 'is not accepted; give 8 to 128 characters of any kind' }]
  })
  const missing = await change(one.accessToken, { newPassword })
  const errors = [{ pointer: '/currentPassword', detail: 'is required' }]
  t.strictSame(
    missing.body,
    expectedProblem(missing, 400, 'validation_failed', { errors }),
    'in a fresh session, too'
  )
  t.equal((await me(one.accessToken)).status, 200, 'nothing has changed')
  t.equal((await login(PASSWORD)).status, 200)
})

t.test('of two changes at once one wins', async t => {
  const { app, login, one } = await signedInTwice(t)
  const caller = await app.sessions.authenticate(one.accessToken)
  const passwords = ['the first of two passwords', 'the second of two passwords']
  const results = await Promise.allSettled(
    passwords.map(newPassword =>
      app.accounts.changePassword(caller, { currentPassword: PASSWORD, newPassword }, device)
    )
  )
  t.strictSame(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
  t.match(
    results.find(({ status }) => status === 'rejected'),
    { reason: { code: 'password_wrong' } }
  )
  const winner = passwords[results.findIndex(({ status }) => status === 'fulfilled')] as string
  t.equal((await login(winner)).status, 200)
})

t.test('[RESURRECT] a sign-in that began with the old password gets no session after the change', async t => {
  const { app, call, change, one } = await signedInTwice(t)
  const body = { currentPassword: PASSWORD, newPassword, endOtherSessions: true }
  let token = ''
  const changePassword = async () => {
    token = (await change(one.accessToken, body)).body.accessToken
  }
  await t.rejects(loginWithDelay(app, email, changePassword), { code: 'invalid_credentials' })
  t.equal((await call('GET', '/api/auth/sessions', { token })).body.items.length, 1)
  const { items } = (await call('GET', '/api/auth/events', { token })).body
  t.strictSame(items.filter(({ type }: { type: string }) => type === 'signed_in').length, 1)
})

t.test('[RESURRECT] a session that has ended meanwhile cannot change the account', async t => {
  const { app, call, login, one, other } = await signedInTwice(t)
  const caller = await app.sessions.authenticate(one.accessToken)
  await app.sessions.logout(one.accessToken, 'local', device)

  const revoked = { code: 'access_token_revoked' }
  const change = { currentPassword: PASSWORD, newPassword, endOtherSessions: true }
  await t.rejects(app.accounts.changePassword(caller, change, device), revoked)
  await t.rejects(app.accounts.deleteAccount(caller, PASSWORD, device), revoked)
  await t.rejects(app.accounts.changeUsername(caller, 'countess', device), revoked)
  const { sessionId } = await app.sessions.authenticate(other.accessToken)
  await t.rejects(app.sessions.end(caller, sessionId, device), revoked)

  const me = await call('GET', '/api/auth/me', { token: other.accessToken })
  t.strictSame([me.status, me.body], [200, one.user], 'not stale, not renamed, not gone')
  t.equal((await login(newPassword)).status, 401)
  t.equal((await login(PASSWORD)).status, 200)
})

t.test(
  '[RESURRECT] when a session ends while the password is hashed, the answer says whether the password changed',
  async t => {
    const { call, change, one, other, login } = await signedInTwice(t)
    const { items } = (await call('GET', '/api/auth/sessions', { token: one.accessToken })).body
    const { id } = items.find(({ current }: { current: boolean }) => current)
    for (const wait of [0, 10, 20, 40]) {
      const changing = change(one.accessToken, { currentPassword: PASSWORD, newPassword })
      await sleep(wait)
      await call('DELETE', `/api/auth/sessions/${id}`, { token: other.accessToken })
      const { status } = await changing
      const hasChanged = (await login(newPassword)).status === 200
      t.equal(hasChanged, status === 200, `after ${wait} ms: ${status}`)
      if (status === 200) break
    }
  }
)

t.test('[RESURRECT] a session that expires while the password is hashed changes nothing', async t => {
  const { app, clock, login, one } = await signedInTwice(t)
  const caller = await app.sessions.authenticate(one.accessToken)
  clock.advance(30 * 86_400)
  const change = { currentPassword: PASSWORD, newPassword }
  await t.rejects(app.accounts.changePassword(caller, change, device), { code: 'access_token_revoked' })
  t.equal((await login(PASSWORD)).status, 200)
})

t.test('a user name can be changed', async t => {
  const { app, call, one, signUp } = await signedInTwice(t)
  const eve = await signUp({ username: 'eve', email: 'eve@example.org' })
  const rename = (token: string, body: object) => call('PATCH', '/api/auth/me', { token, body })
  const answer = await rename(one.accessToken, { username: 'Countess' })
  t.equal(answer.status, 200)
  t.strictSame(answer.body, { ...one.user, username: 'Countess' })
  t.strictSame((await call('GET', '/api/auth/me', { token: one.accessToken })).body, answer.body, 'at once')
  t.equal(
    (await rename(one.accessToken, { username: 'COUNTESS' })).body.username,
    'COUNTESS',
    'its case, too'
  )

  const errors = [{ pointer: '/username', detail: 'belongs to another account' }]
  const taken = await rename(eve.accessToken, { username: 'countess' })
  t.strictSame(taken.body, expectedProblem(taken, 409, 'already_taken', { errors }))
  t.equal((await rename(eve.accessToken, { username: 'x' })).status, 400)
  t.equal((await rename(eve.accessToken, { email: 'x@example.org' })).status, 400, 'the e-mail cannot')

  const callers = await Promise.all(
    [one, eve].map(({ accessToken }) => app.sessions.authenticate(accessToken))
  )
  const race = await Promise.allSettled(
    callers.map(caller => app.accounts.changeUsername(caller, 'queen', device))
  )
  t.match(
    race.find(({ status }) => status === 'rejected'),
    { reason: { code: 'already_taken' } }
  )
  t.equal(race.filter(({ status }) => status === 'fulfilled').length, 1)
})

t.test('[V6.2] a user name cannot become the password, and a new password not the present one', async t => {
  const { call, signUp } = await serve(t)
  const password = 'Vq7pLz3R-kX9'
  const { accessToken: token } = await signUp({ password })
  const refused = (pointer: string, detail: string) => ({ errors: [{ pointer, detail }] })

  const renamed = await call('PATCH', '/api/auth/me', { token, body: { username: password } })
  const isPassword = refused('/username', 'is your password; choose another name')
  t.strictSame(renamed.body, expectedProblem(renamed, 400, 'validation_failed', isPassword))

  const detail = 'is the password that the account has now; choose another'
  const body = { currentPassword: password, newPassword: password }
  const same = await call('PUT', '/api/auth/password', { token, body })
  t.strictSame(same.body, expectedProblem(same, 400, 'validation_failed', refused('/newPassword', detail)))
})

t.test('[V6.2] a user name cannot become the password in another case', async t => {
  const { call, signUp } = await serve(t)
  const rename = async (password: string, username: string) => {
    const { accessToken: token } = await signUp({ password })
    return (await call('PATCH', '/api/auth/me', { token, body: { username } })).status
  }
  t.equal(await rename('vq7plz3r-kx9', 'Vq7pLz3R-kX9'), 400)
  t.equal(await rename('VQ7PLZ3R-KX9', 'vq7plz3r-kx9'), 400)
  t.equal(await rename('Vq7plz3r-kx9', 'vq7plz3r-kx9'), 400)
})

t.test('[THROTTLE] guesses by changes of the user name are throttled', async t => {
  const { call, signUp } = await serve(t)
  const { accessToken: token, user } = await signUp()
  const rename = (username: string) => call('PATCH', '/api/auth/me', { token, body: { username } })
  for (const number of [1, 2, 3, 4, 5]) t.equal((await rename(`guess${number}`)).status, 200)
  const answer = await rename('guess6')
  t.strictSame(answer.body, expectedProblem(answer, 429, 'sign_in_throttled', { action: 'retry-later' }))
  const body = { email: user.email, password: PASSWORD }
  t.equal((await call('POST', '/api/auth/login', { body })).status, 200, 'signing in goes on')
})

t.test('[V7.4.2] an account is deleted with everything that belongs to it', async t => {
  const { app, call, clock, login, me, one, other, refresh, signUp } = await signedInTwice(t)
  const eve = await signUp()
  const title = 'x'
  for (const token of [one.accessToken, one.accessToken, eve.accessToken])
    await call('POST', '/api/todos', { token, body: { title } })
  const remove = (password: string) =>
    call('DELETE', '/api/auth/me', { token: one.accessToken, body: { password } })

  const wrong = await remove('wrong')
  t.strictSame(wrong.body, expectedProblem(wrong, 403, 'password_wrong'))
  t.match(await remove(PASSWORD), { status: 204, body: '' })
  for (const { accessToken } of [one, other])
    t.equal((await me(accessToken)).body.code, 'access_token_revoked')
  t.equal((await login(PASSWORD)).status, 401)
  clock.advance(300)
  t.equal((await refresh(other)).body.code, 'refresh_token_invalid')
  t.equal((await call('POST', '/api/auth/logout', { token: one.accessToken })).status, 204)

  const { db, kit } = app.store
  const tables = allTables(kit)
  for (const table of [tables.users, tables.sessions, tables.events, tables.todos])
    t.equal((await db.select().from(table)).length, 1, 'what is another’s stays')
  t.equal((await signUp({ username: 'ada', email })).user.username, 'ada', 'and the name is free again')
})

t.test('many todos are deleted in batches', async t => {
  const { app, call, one } = await signedInTwice(t)
  const { db, kit, now, newId } = app.store
  const tables = allTables(kit)
  const content = { ...defaults, title: 'x' }
  const row = () => ({
    ...toRow(content, { id: newId(), userId: one.user.id, now: now() }),
    changeNumber: 0
  })
  await db.insert(tables.todos).values(Array.from({ length: 1001 }, row))
  const body = { password: PASSWORD }
  t.equal((await call('DELETE', '/api/auth/me', { token: one.accessToken, body })).status, 204)
  t.strictSame(await db.select().from(tables.todos), [])
})

const SERVER = process.env.TEST_DATABASE_URL
const skip = !SERVER && 'needs PostgreSQL'

t.test('a user name that cannot be written for another reason is an internal error', { skip }, async t => {
  const url = await createDatabase(SERVER as string)
  const { call, signUp } = await serve(t, { DATABASE_URL: url })
  const { accessToken: token } = await signUp()
  await query(url, 'alter table users add check (length(username) < 8)')
  const answer = await call('PATCH', '/api/auth/me', { token, body: { username: 'countess' } })
  t.strictSame(answer.body, expectedProblem(answer, 500, 'internal_error', { action: 'retry' }))
})
