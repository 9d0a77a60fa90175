import t from 'tap'
import { createClient, memoryStorage, ProblemError } from '../../src/client/index.ts'
import { serve } from '../support/service.ts'
import { ADA, advance, createTestClient } from './in-process-client.ts'

const PASSWORD = 'battery staple, correct horse'

t.test('an account, from the first day to the last', async t => {
  const { client, state } = createTestClient(await serve(t))
  const { auth } = client
  await t.rejects(auth.me(), { code: 'authentication_required', action: 'sign-in', status: 401 })
  const ada = await auth.register(ADA)
  t.match(ada, { username: 'ada', email: ADA.email })
  t.strictSame(await auth.me(), ada)

  const countess = await auth.rename('countess')
  t.strictSame(countess, { ...ada, username: 'countess' })
  t.strictSame(auth.user(), countess)
  await auth.changePassword({ currentPassword: ADA.password, newPassword: PASSWORD })
  await t.rejects(auth.deleteAccount(ADA.password), { code: 'password_wrong' })

  await auth.logout()
  await auth.logout()
  t.equal(auth.user(), undefined)
  t.strictSame(state.signOuts, [undefined], 'told once')
  await auth.login({ email: ADA.email, password: PASSWORD })
  await auth.login({ email: ADA.email, password: PASSWORD })
  const sessions = await auth.sessions()
  t.equal(sessions.length, 2)
  await auth.endSession(`${sessions.find(({ current }) => !current)?.id}`)
  await auth.logout({ scope: 'others' })
  t.equal((await auth.sessions()).length, 1)

  const page = await auth.listEvents({ limit: 2 })
  t.equal(page.items.length, 2)
  const events = await Array.fromAsync(auth.events({ limit: 2 }))
  t.ok(events.length > 5)
  t.strictSame(events.slice(0, 2), page.items)

  await auth.deleteAccount(PASSWORD)
  t.equal(auth.user(), undefined)
  await t.rejects(auth.login({ email: ADA.email, password: PASSWORD }), { code: 'invalid_credentials' })
  t.strictSame(state.signOuts, [undefined, undefined])
})

t.test('a token for a program, from the making to the end', async t => {
  const service = await serve(t)
  const { client, state } = createTestClient(service)
  const ada = await client.auth.register(ADA)
  const made = await client.auth.createPersonalAccessToken({ name: 'script', scopes: ['todos:write'] })
  const { token, ...shown } = made
  t.match(shown, { name: 'script', scopes: ['todos:write'], lastUsedAt: null })
  t.strictSame(await client.auth.personalAccessTokens(), [shown])
  t.strictSame(await client.auth.personalAccessToken(made.id), shown)

  const program = createTestClient(service, { token })
  const milk = await program.client.todos.create({ title: 'Buy milk' })
  t.strictSame(await client.todos.get(milk.id), milk)
  await t.rejects(program.client.todos.get(milk.id), { code: 'insufficient_scope', action: 'replace-token' })
  await t.rejects(program.client.changes().next(), { code: 'insufficient_scope' })
  await t.rejects(program.client.auth.me(), { code: 'insufficient_scope', action: 'sign-in' })
  await program.client.auth.login({ email: ADA.email, password: ADA.password })
  t.strictSame(await program.client.auth.me(), ada, 'whoever is signed in comes first')
  await program.client.auth.logout()

  await client.auth.revokePersonalAccessToken(made.id)
  await t.rejects(program.client.todos.create({ title: 'Oats' }), {
    code: 'personal_access_token_invalid',
    action: 'replace-token'
  })
  state.sent.length = 0
  state.hook = () => Promise.reject(new TypeError('fetch failed'))
  await t.rejects(client.auth.createPersonalAccessToken({ name: 'script', scopes: ['todos:read'] }))
  t.strictSame(state.sent, ['POST /api/auth/tokens'], 'a token is asked for once')
  t.strictSame(program.state.signOuts, [undefined])
})

t.test('a session that is not fresh any more is made so, and the call goes through', async t => {
  const service = await serve(t)
  const { client, state } = createTestClient(service)
  await client.auth.register(ADA)
  advance(service, 600, state)
  await t.rejects(client.auth.deleteAccount(), {
    code: 'reauthentication_required',
    action: 'reauthenticate',
    status: 401
  })
  t.match(client.auth.user(), { email: ADA.email }, 'nobody is signed out')
  await t.rejects(client.auth.reauthenticate({ password: 'wrong' }), { code: 'password_wrong' })
  t.match(await client.auth.reauthenticate({ password: ADA.password }), {
    level: 'aal1',
    methods: ['password']
  })
  await client.auth.deleteAccount()
  t.equal(client.auth.user(), undefined)
})

t.test('signing out everywhere, or elsewhere, whatever becomes of the request', async t => {
  const service = await serve(t)
  const [here, there] = [createTestClient(service), createTestClient(service)]
  await here.client.auth.register(ADA)
  await there.client.auth.login({ email: ADA.email, password: ADA.password })
  here.state.hook = () => Promise.reject(new TypeError('fetch failed'))
  await t.rejects(here.client.auth.logout({ scope: 'others' }))
  t.match(here.client.auth.user(), { email: ADA.email }, 'this session goes on')
  await t.rejects(here.client.auth.logout({ scope: 'all' }))
  t.equal(here.client.auth.user(), undefined, 'forgotten here at least')

  // An expired token ends its own session only, so a live one is got first.
  advance(service, 300, there.state)
  await there.client.auth.logout({ scope: 'all' })
  t.equal(there.client.auth.user(), undefined)
  t.strictSame(there.state.sent.slice(-2), ['POST /api/auth/refresh', 'POST /api/auth/logout'])
  await there.client.auth.login({ email: ADA.email, password: ADA.password })
  t.equal((await there.client.auth.sessions()).length, 1)
})

t.test('all that one does with lists', async t => {
  const { client } = createTestClient(await serve(t))
  const { auth, lists, todos } = client
  await auth.register(ADA)
  const key = { idempotencyKey: 'my own' }
  const home = await lists.create({ name: 'Home' }, key)
  t.strictSame(await lists.create({ name: 'Home' }, key), home)
  const work = await lists.create({ name: 'Work', color: '#1E90FF' })
  t.strictSame((await lists.list()).items, [home, work])
  t.strictSame(await Array.fromAsync(lists.all({ limit: 1, archived: false })), [home, work])
  t.strictSame(await lists.get(work.id), work)

  const patched = await lists.patch(work.id, { name: 'Office' }, { ifMatch: work.etag })
  t.match(patched, { name: 'Office', color: '#1e90ff' })
  await t.rejects(lists.patch(work.id, { name: 'x' }, { ifMatch: work.etag }), {
    code: 'precondition_failed',
    document: { current: patched }
  })
  const moved = await lists.move(work.id, { to: 'top' })
  t.strictSame((await lists.list()).items, [moved, home])

  const { id } = await todos.create({ title: 'Call', listId: work.id })
  await lists.delete(work.id)
  await t.rejects(lists.get(work.id), { code: 'list_not_found', status: 404 })
  t.match(await lists.restore(work.id), { openCount: 1, deletedAt: null })
  t.match(await todos.get(id), { listId: work.id })
  await lists.delete(work.id, { permanent: true })
  t.strictSame(await Array.fromAsync(lists.all({ deleted: true })), [])
})

t.test('all that one does with todos', async t => {
  const { client } = createTestClient(await serve(t))
  const { auth, todos } = client
  await auth.register(ADA)
  const milk = await todos.create({ title: 'Buy milk', tags: ['a', 'b'] })
  const key = { idempotencyKey: 'my own' }
  const bread = await todos.create({ title: 'Bake bread' }, key)
  t.strictSame(await todos.create({ title: 'Bake bread' }, key), bread)

  t.strictSame((await todos.list()).items, [milk, bread])
  t.strictSame((await todos.list({ tag: ['a', 'b'], done: false, q: 'milk' })).items, [milk])
  t.strictSame(await Array.fromAsync(todos.all({ limit: 1 })), [milk, bread])
  t.strictSame(await todos.get(milk.id), milk)

  const done = await todos.patch(milk.id, { done: true }, { ifMatch: milk.etag })
  t.match(done, { done: true })
  const refusal = await todos.patch(milk.id, { done: false }, { ifMatch: milk.etag }).catch(error => error)
  t.ok(refusal instanceof ProblemError)
  t.match(refusal, { status: 412, code: 'precondition_failed', errors: [], document: { current: done } })
  t.match(await Array.fromAsync(client.tags.all({ limit: 1 })), [
    { tag: 'a', count: 1 },
    { tag: 'b', count: 1 }
  ])
  t.match(await todos.replace(milk.id, { title: 'Milk' }), { title: 'Milk', done: false, tags: [] })
  const read = await todos.get(milk.id)
  t.match(await todos.replace(milk.id, { ...read, title: 'Milk.' }), { title: 'Milk.' })
  await t.rejects(todos.replace(milk.id, { ...read, title: 'Oats' }), { code: 'precondition_failed' })
  await todos.move(milk.id, { to: 'bottom' })
  t.equal((await todos.list()).items[1]?.id, milk.id)

  await todos.delete(milk.id)
  t.match(await todos.restore(milk.id), { deletedAt: null })
  await todos.delete(milk.id, { permanent: true })
  await t.rejects(todos.restore(milk.id), { code: 'todo_not_found' })

  const rehearsal = await todos.batch([{ op: 'delete', where: { done: false } }], { validateOnly: true })
  t.strictSame(rehearsal, { results: [{ count: 1 }], validateOnly: true })
  t.match(await todos.batch([{ op: 'delete', id: bread.id }]), { results: [{ todo: { id: bread.id } }] })

  const lines = await todos.export()
  t.equal(lines.trim().split('\n').length, 1, 'with what is in the trash')
  t.strictSame(await todos.import(lines), { created: 0, existing: 1 })
  t.strictSame(await todos.import('{"title":"New"}\n'), { created: 1, existing: 0 })

  const calendar = await todos.exportCalendar()
  t.match(calendar, /^BEGIN:VCALENDAR\r\n.*SUMMARY:New\r\n/s)
  t.strictSame(await todos.importCalendar(calendar), { created: 0, existing: 1 })
  const floating = calendar
    .replace('SUMMARY:New', 'LOCATION:x\r\nDUE:20260329T090000\r\nSUMMARY:New')
    .replace(/^UID:.*/m, 'UID:x')
  t.match(await todos.importCalendar(floating, { timeZone: 'Europe/Berlin' }), {
    created: 1,
    existing: 0,
    notes: [{ uid: 'x', detail: /^LOCATION/ }]
  })
  await t.rejects(todos.importCalendar(calendar, { list: milk.id }), { code: 'validation_failed' })
  await t.rejects(todos.export({ list: milk.id }), { code: 'validation_failed' })

  const repeat = { rule: 'FREQ=DAILY', from: 'due' } as const
  const plants = await todos.create({ title: 'Water plants', due: { date: '2026-01-05' }, repeat })
  const once = { idempotencyKey: 'once' }
  const completed = await todos.patch(plants.id, { done: true }, once)
  t.match(completed, { due: { date: '2026-01-06' }, completed: { occurrence: plants.due } })
  t.strictSame(await todos.patch(plants.id, { done: true }, once), completed)
  t.match(await todos.skip(plants.id, { ifMatch: completed.etag }), { due: { date: '2026-01-07' } })
  const latest = await todos.patch(plants.id, { done: true })
  const { items } = await todos.listCompletions(plants.id)
  t.match(items, [latest.completed, completed.completed])
  t.strictSame(await Array.fromAsync(todos.completions(plants.id, { limit: 1 })), items)
  t.match(await todos.takeBackCompletion(plants.id, `${items[0]?.id}`), { due: { date: '2026-01-07' } })

  const wrong = await todos.create({ title: '' }).catch(error => error)
  t.match(wrong, { code: 'validation_failed', errors: [{ pointer: '/title' }], message: /not valid/ })
})

t.test('a call can be given up', async t => {
  const { client, state } = createTestClient(await serve(t))
  await client.auth.register(ADA)
  const controller = new AbortController()
  state.hook = (_url, init) =>
    new Promise((_, reject) => {
      init.signal?.addEventListener('abort', () => reject(init.signal?.reason))
      controller.abort(new Error('enough'))
    })
  await t.rejects(client.todos.list({}, { signal: controller.signal }), { message: 'enough' })
  t.equal(state.sent.length, 2, 'it is not sent again')
})

/** Where no service listens, and the name that its pair is kept under. */
const NOWHERE = 'http://127.0.0.1:1'
const STORED = `latchkey ${NOWHERE}`
const USER = { id: '1', username: 'ada', email: ADA.email }
const SIGNED_IN = JSON.stringify({ user: USER, accessToken: 'a', refreshToken: 'r', key: 'k' })

t.test('the platform has all that a client needs', async t => {
  const client = createClient({ baseUrl: NOWHERE })
  t.equal(client.auth.user(), undefined)
  await t.rejects(client.auth.login(ADA), TypeError)
  client.close()
})

t.test('onSignedOut is optional', async t => {
  const storage = memoryStorage()
  const client = createClient({ baseUrl: NOWHERE, storage })
  storage.setItem(STORED, SIGNED_IN)
  t.strictSame(client.auth.user(), USER)
  storage.removeItem(STORED)
  t.equal(client.auth.user(), undefined)
  client.close()
})
