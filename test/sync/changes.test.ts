import { eq } from 'drizzle-orm'
import t, { type Test } from 'tap'
import { allTables, retentionRules } from '../../src/features.ts'
import { createJanitor } from '../../src/jobs/janitor.ts'
import type { Answer, Settings } from '../support/service.ts'
import { expectedProblem } from '../support/service.ts'
import { invalid, serveSignedIn } from '../todos/signed-in.ts'

/** A signed-in user, and the changes of the user's todos. */
async function serveChanges(t: Test, settings: Settings = {}) {
  const service = await serveSignedIn(t, settings)
  const read = (query = '', token = service.token) => service.call('GET', `/api/changes${query}`, { token })
  /** The changes since a token, page by page, and the last token. */
  async function follow(since?: string, limit = 1000) {
    const pages: Answer['body'][] = []
    for (let next = since; pages.at(-1)?.more !== false; next = pages.at(-1).next) {
      const query = new URLSearchParams({ limit: `${limit}`, ...(next && { since: next }) })
      const { status, body } = await read(`?${query}`)
      t.equal(status, 200)
      pages.push(body)
    }
    return {
      changes: pages.flatMap(({ changes }) => changes),
      sizes: pages.map(({ changes }) => changes.length),
      next: String(pages.at(-1)?.next)
    }
  }
  const clean = () => createJanitor(service.app.store, service.config, retentionRules)()
  return { ...service, read, follow, clean }
}

const asChange = (todo: { id: string }) => ({ type: 'todo', id: todo.id, deleted: false, todo })
const asDeleted = ({ id }: { id: string }) => ({ type: 'todo', id, deleted: true })

t.test('[NOMISS] the changes begin with everything, and go over into what is new', async t => {
  const { read, follow, make, todos } = await serveChanges(t)
  const nothing = await read()
  t.match(nothing.headers, { 'cache-control': 'private, no-cache' })
  t.strictSame(nothing.body, { changes: [], next: nothing.body.next, more: false })
  t.strictSame((await read(`?since=${nothing.body.next}`)).body, nothing.body)

  const made = await make('a', 'b', 'c')
  const first = await follow(nothing.body.next)
  t.strictSame(first.changes, made.map(asChange))
  t.strictSame((await follow()).changes, made.map(asChange))
  t.strictSame((await follow(first.next)).changes, [])

  const [a, b, c] = made
  const patched = (await todos('PATCH', `/${a.id}`, { title: 'A' })).body
  const moved = (await todos('POST', `/${c.id}/move`, { to: 'top' })).body
  const trashed = (await todos('DELETE', `/${b.id}`)).body
  t.strictSame((await follow(first.next)).changes, [patched, moved, trashed].map(asChange))
  t.strictSame((await follow(nothing.body.next)).changes, [patched, moved, trashed].map(asChange))

  const second = await follow(first.next)
  const restored = (await todos('POST', `/${b.id}/restore`)).body
  await todos('DELETE', `/${c.id}?permanent=true`)
  t.strictSame((await follow(second.next)).changes, [asChange(restored), asDeleted(c)])
  t.strictSame((await follow()).changes, [patched, restored].map(asChange), 'who begins now never had it')
})

t.test('what changes nothing is no change', async t => {
  const { follow, make, todos } = await serveChanges(t)
  const [a] = await make('a')
  const { next } = await follow()
  await todos('PATCH', `/${a.id}`, {})
  await todos('PATCH', `/${a.id}`, { title: 'a' })
  await todos('POST', `/${a.id}/move`, { to: 'top' })
  await todos('POST', '/batch', { operations: [{ op: 'create', todo: { title: 'x' } }], validateOnly: true })
  t.strictSame(await follow(next), { changes: [], sizes: [0], next })
})

t.test('each way to write is followed', async t => {
  const { follow, make, todos, clock, clean } = await serveChanges(t, { TRASH_RETENTION: '60' })
  const [a, b] = await make('a', 'b')
  let { next } = await follow()
  const since = async () => {
    const followed = await follow(next)
    next = followed.next
    return followed.changes
  }
  const get = async (id: string) => (await todos('GET', `/${id}`)).body

  await todos('PUT', `/${a.id}`, { title: 'A' })
  t.strictSame(await since(), [asChange(await get(a.id))], 'replace')

  const { results } = (
    await todos('POST', '/batch', {
      operations: [
        { op: 'create', todo: { title: 'c' } },
        { op: 'patch', id: b.id, changes: { priority: 'high' } },
        { op: 'move', id: a.id, to: 'bottom' }
      ]
    })
  ).body
  const byId = (x: { id: string }, y: { id: string }) => (x.id < y.id ? -1 : 1)
  const sorted = (changes: { id: string }[]) => changes.toSorted(byId)
  const fromBatch = results.map(({ todo }: { todo: { id: string } }) => asChange(todo))
  t.strictSame(sorted(await since()), sorted(fromBatch), 'batch')

  await todos('POST', '/batch', {
    operations: [{ op: 'patch', where: { done: false }, changes: { done: true } }]
  })
  const all = (await todos('GET')).body.items
  t.strictSame(sorted(await since()), sorted(all.map(asChange)), 'bulk update')

  const lines = '{"title":"d"}\n{"title":"e"}\n'
  await todos('POST', '/import', lines, { 'content-type': 'application/x-ndjson' })
  const imported = (await todos('GET', '?sort=createdAt')).body.items.slice(3)
  t.equal(imported.length, 2)
  t.strictSame(sorted(await since()), sorted(imported.map(asChange)), 'import')

  await todos('POST', '/batch', { operations: [{ op: 'delete', where: { q: 'd' } }] })
  const [trashed] = (await todos('GET', '?deleted=true')).body.items
  t.strictSame(await since(), [asChange(trashed)], 'bulk delete')
  clock.advance(61)
  await clean()
  t.strictSame(await since(), [asDeleted(trashed)], 'the janitor')
})

t.test('a page holds what it says, and no todo twice', async t => {
  const { read, follow, make, todos } = await serveChanges(t)
  const made = await make(...Array.from({ length: 7 }, (_, n) => `${n}`))
  t.strictSame((await follow(undefined, 3)).sizes, [3, 3, 1])
  t.strictSame((await follow(undefined, 3)).changes, made.map(asChange))
  t.strictSame((await follow(undefined, 7)).sizes, [7, 0], 'a full page may be the last one')

  const first = (await read('?limit=3')).body
  const patched = (await todos('PATCH', `/${made[0].id}`, { title: 'new' })).body
  await todos('DELETE', `/${made[5].id}?permanent=true`)
  const rest = await follow(first.next, 2)
  t.strictSame(
    rest.changes,
    [made[3], made[4], made[6], patched].map(asChange).concat(asDeleted(made[5]) as never),
    'what changed meanwhile comes later, as it is by then'
  )
})

t.test('long todos make a short page', async t => {
  const { read, follow, todos } = await serveChanges(t)
  const operations = Array.from({ length: 50 }, () => ({
    op: 'create',
    todo: { title: 'x', description: 'x'.repeat(16_000) }
  }))
  for (let round = 0; round < 4; round++) await todos('POST', '/batch', { operations })
  const { changes, more } = (await read('?limit=1000')).body
  t.equal(changes.length, 100)
  t.equal(more, true)
  t.strictSame((await follow()).sizes, [100, 100, 0])
})

t.test('what was deleted for good and imported again comes once', async t => {
  const { follow, make, todos } = await serveChanges(t)
  const { next } = await follow()
  const [a] = await make('a')
  const importAgain = () =>
    todos('POST', '/import', `${JSON.stringify({ id: a.id, title: 'again' })}\n`, {
      'content-type': 'application/x-ndjson'
    })
  for (let round = 0; round < 2; round++) {
    await todos('DELETE', `/${a.id}?permanent=true`)
    t.strictSame((await follow(next)).changes, [asDeleted(a)])
    await importAgain()
    t.strictSame((await follow(next)).changes, [asChange((await todos('GET', `/${a.id}`)).body)])
  }
})

t.test('a token is good for the account that it was made for, as it was made', async t => {
  const { read, make, signUp } = await serveChanges(t)
  await make('a')
  const { next } = (await read()).body
  const other = await signUp()
  const detail = 'is no token of this account; give the next of the page before, or none to begin anew'
  const content = JSON.parse(Buffer.from(next, 'base64url').toString())
  const refused = (answer: Answer) =>
    t.strictSame(answer.body, invalid(answer, { detail, parameter: 'since' }))
  const encode = (...changed: unknown[]) => Buffer.from(JSON.stringify(changed)).toString('base64url')
  const [checksum, start, number, id] = content
  for (const token of [
    '',
    'x',
    `${next}x`,
    next.slice(1),
    next.slice(0, -1),
    `${next}%0A`,
    encode(checksum, start, 0, id),
    encode(checksum, 0, number, id),
    encode(checksum, start, number, ''),
    encode(checksum, start, number, 'x'),
    encode(checksum, start, -1, id),
    encode(checksum, start, `${number}`, id),
    encode(checksum, start, number),
    encode('', start, number, id),
    encode({}),
    encode(null)
  ])
    refused(await read(`?since=${token}`))
  refused(await read(`?since=${next}`, other.accessToken))
  t.equal((await read(`?since=${next}`)).status, 200)
})

t.test('limits and parameters are checked', async t => {
  const { read } = await serveChanges(t)
  for (const limit of ['0', '1001', '-1', '1.5', 'x', ''])
    t.match((await read(`?limit=${limit}`)).body, {
      status: 400,
      code: 'validation_failed',
      errors: [{ parameter: 'limit' }]
    })
  t.match((await read('?sinse=x')).body, { status: 400, errors: [{ parameter: 'sinse' }] })
  t.equal((await read('?limit=1000')).status, 200)
  t.equal((await read('', '')).status, 401)
})

const assertExpired = (t: Test, answer: Answer) =>
  t.strictSame(answer.body, expectedProblem(answer, 410, 'sync_token_expired', { action: 'resync' }))

t.test('[OLD] a token from before a forgotten deletion is refused, and no other', async t => {
  const { read, follow, make, todos, clock, clean } = await serveChanges(t, { CHANGE_RETENTION: '60' })
  const [a, b, c] = await make('a', 'b', 'c')
  const before = await follow()
  await todos('DELETE', `/${a.id}?permanent=true`)
  const between = await follow()
  clock.advance(1)
  await todos('DELETE', `/${b.id}?permanent=true`)
  const after = await follow()

  clock.advance(59)
  await clean()
  t.strictSame((await follow(before.next)).changes, [asDeleted(a), asDeleted(b)], 'just remembered')
  clock.advance(0.001)
  await clean()
  assertExpired(t, await read(`?since=${before.next}`))
  t.strictSame((await follow(between.next)).changes, [asDeleted(b)])
  clock.advance(1)
  await clean()
  assertExpired(t, await read(`?since=${between.next}`))
  t.strictSame((await follow(after.next)).changes, [])
  t.strictSame((await follow()).changes, [asChange(c)], 'and who begins anew has everything')
})

t.test('[OLD] whoever began before a forgotten deletion begins anew', async t => {
  const { read, make, todos, clock, clean } = await serveChanges(t, { CHANGE_RETENTION: '60' })
  const [a, b] = await make('a', 'b')
  const first = (await read('?limit=1')).body
  t.strictSame(first.changes, [asChange(a)])
  await todos('DELETE', `/${a.id}?permanent=true`)
  clock.advance(61)
  await clean()
  assertExpired(t, await read(`?since=${first.next}`))
  const again = (await read('?limit=1')).body
  t.strictSame(again.changes, [asChange(b)])
  t.strictSame(
    (await read(`?since=${again.next}`)).body.changes,
    [],
    'deletions before the beginning do not count'
  )
})

t.test('a token from a future that was undone is refused', async t => {
  const { app, read, make, follow } = await serveChanges(t)
  await make('a', 'b')
  const { next } = await follow()
  const { changeSequences } = allTables(app.store.kit)
  await app.store.db.update(changeSequences).set({ value: 1 }).execute()
  assertExpired(t, await read(`?since=${next}`))
})

t.test('a list that is known is not read again', async t => {
  const { todos, make, call, app, signUp } = await serveChanges(t)
  await make('a', 'b')
  // So long that no text of the page is kept.
  await todos('PATCH', `/${(await todos('GET')).body.items[0].id}`, { description: 'x'.repeat(16_384) })
  for (const title of ['c', 'd']) await todos('POST', '', { title, description: 'x'.repeat(16_384) })
  const { headers } = await todos('GET', '?limit=4')
  const etag = String(headers.etag)
  const conditional = (path: string, tag = etag) => todos('GET', path, undefined, { 'if-none-match': tag })
  for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, '*'])
    t.match(await conditional('?limit=4', tag), { status: 304, headers: { etag }, body: '' })
  // Behind the back of the service, so that whoever reads the todos finds other ones.
  const { todos: table } = allTables(app.store.kit)
  await app.store.db.update(table).set({ title: 'B', changeNumber: 0 }).where(eq(table.title, 'b')).execute()
  t.equal((await conditional('?limit=4')).status, 304)
  t.equal((await conditional('?limit=2')).status, 200, 'another page')
  t.equal((await conditional('?limit=4', '"x"')).status, 200)
  const other = await signUp()
  const theirs = { token: other.accessToken, headers: { 'if-none-match': etag } }
  t.equal((await call('GET', '/api/todos?limit=4', theirs)).status, 200, 'another user')
  t.equal((await conditional('?limit=0')).status, 400, 'what is wrong is told first')
  const [{ id }] = (await todos('GET', '')).body.items
  await todos('PATCH', `/${id}`, { title: 'A' })
  t.match(await conditional('?limit=4'), { status: 200, body: { items: { length: 4, 0: { title: 'A' } } } })
})
