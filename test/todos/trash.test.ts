import t from 'tap'
import { createTrashRemoval } from '../../src/todos/purge.ts'
import { expectedProblem } from '../support/service.ts'
import { MISSING_ID, serveSignedIn } from './signed-in.ts'

t.test('a deleted todo is only in the trash until it is restored', async t => {
  const { clock, todos, make, titles } = await serveSignedIn(t)
  const [a, b] = await make('a', 'b', 'c')
  clock.advance(60)
  const { body: deleted } = await todos('DELETE', `/${b.id}`)
  const at = '2026-01-01T00:01:00.000Z'
  t.strictSame(deleted, { ...b, deletedAt: at, updatedAt: at, etag: deleted.etag })
  t.strictSame(await titles(), ['a', 'c'])
  t.strictSame((await todos('GET', '?deleted=true&count=true')).body, {
    items: [deleted],
    nextCursor: null,
    total: 1
  })
  const calls: [string, string, unknown?][] = [
    ['GET', ''],
    ['DELETE', ''],
    ['PATCH', '', { done: true }],
    ['PUT', '', { title: 'x' }],
    ['POST', '/move', { to: 'top' }]
  ]
  for (const [method, rest, body] of calls) {
    const gone = await todos(method, `/${b.id}${rest}`, body)
    t.strictSame(gone.body, expectedProblem(gone, 404, 'todo_not_found'), method)
  }
  const beside = await todos('POST', `/${a.id}/move`, { after: b.id })
  const detail = 'names no todo of the list'
  t.strictSame(
    beside.body,
    expectedProblem(beside, 400, 'validation_failed', { errors: [{ pointer: '/after', detail }] })
  )

  clock.advance(60)
  const { body: restored, status, headers } = await todos('POST', `/${b.id}/restore`)
  t.equal(status, 200)
  t.equal(headers.etag, restored.etag)
  t.strictSame(restored, { ...b, updatedAt: '2026-01-01T00:02:00.000Z', etag: restored.etag })
  t.strictSame(await titles(), ['a', 'b', 'c'], 'where it was')
  t.strictSame(
    (await todos('POST', `/${b.id}/restore`)).body,
    restored,
    'what is not in the trash stays as it is'
  )
})

t.test('a purged todo is gone from the list and the trash', async t => {
  const { todos, make } = await serveSignedIn(t)
  const [a, b] = await make('a', 'b')
  const removed = await todos('DELETE', `/${a.id}?permanent=true`)
  t.match(removed, { status: 200, headers: { etag: a.etag } })
  t.strictSame(removed.body, a)
  await todos('DELETE', `/${b.id}?permanent=false`)
  t.equal((await todos('DELETE', `/${b.id}?permanent=true`)).status, 200)
  t.strictSame((await todos('GET', '?deleted=true')).body.items, [])
  for (const id of [a.id, b.id, MISSING_ID])
    for (const path of [`/${id}/restore`, `/${id}?permanent=true`]) {
      const gone = await todos(path.includes('?') ? 'DELETE' : 'POST', path)
      t.strictSame(gone.body, expectedProblem(gone, 404, 'todo_not_found'))
    }
})

t.test('each user has a trash, which sorts and filters like the list', async t => {
  const { call, signUp, todos, make, titles } = await serveSignedIn(t)
  const made = await make('b', 'a', 'c')
  for (const { id } of made) await todos('DELETE', `/${id}`)
  const { accessToken: token } = await signUp()
  t.strictSame((await call('GET', '/api/todos?deleted=true', { token })).body.items, [])
  t.equal((await call('POST', `/api/todos/${made[0].id}/restore`, { token })).status, 404)
  t.strictSame(await titles('?deleted=true&sort=title'), ['a', 'b', 'c'])
  t.strictSame(await titles('?deleted=true&q=c'), ['c'])
  t.strictSame(await titles('?deleted=false'), [])
})

t.test('what leaves the trash while it is emptied stays, and a fault is told', async t => {
  const { app, todos, make, clock } = await serveSignedIn(t)
  const { store } = app
  const [a, b] = await make('a', 'b')
  for (const { id } of [a, b]) await todos('DELETE', `/${id}`)
  clock.advance(1)
  let meanwhile = async () => void (await todos('POST', `/${a.id}/restore`))
  const empty = createTrashRemoval({
    ...store,
    async atomically(...statements) {
      await meanwhile()
      return store.atomically(...statements)
    }
  })
  const inTrash = async () => (await todos('GET', '?deleted=true')).body.items.length
  t.equal(await empty(store.now(), 10), 2)
  t.equal(await inTrash(), 1, 'nothing of that round is gone')
  meanwhile = async () => {
    throw new Error('a fault')
  }
  await t.rejects(empty(store.now(), 10), { message: 'a fault' })
  meanwhile = async () => {}
  t.equal(await empty(store.now(), 10), 1)
  t.equal(await inTrash(), 0)
  t.equal((await todos('GET', `/${a.id}`)).status, 200)
})
