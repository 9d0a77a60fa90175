import t from 'tap'
import { Problem } from '../../src/problems/problem.ts'
import { createChangeReader } from '../../src/sync/changes.ts'
import { createTombstoneRemoval } from '../../src/sync/tombstones.ts'
import { todoChangeSource } from '../../src/todos/changes.ts'
import { serveSignedIn } from '../todos/signed-in.ts'

t.test('a todo that is there again is not told of as deleted, on whichever page', async t => {
  const { call, token, todos, make } = await serveSignedIn(t)
  const read = async (query: string) => (await call('GET', `/api/changes?${query}`, { token })).body
  const [a, b] = await make('a', 'b')
  const { next } = await read('')
  for (const { id } of [a, b]) await todos('DELETE', `/${id}?permanent=true`)
  const line = JSON.stringify({ id: a.id, title: 'again' })
  await todos('POST', '/import', line, { 'content-type': 'application/x-ndjson' })

  const first = await read(`limit=1&since=${next}`)
  t.match(first, { changes: [{ id: b.id, deleted: true }], more: true })
  const second = await read(`limit=1&since=${first.next}`)
  t.match(second.changes, [{ id: a.id, deleted: false, todo: { title: 'again' } }])

  await todos('DELETE', `/${a.id}?permanent=true`)
  t.strictSame((await read(`since=${second.next}`)).changes, [{ type: 'todo', id: a.id, deleted: true }])
  t.equal((await read(`since=${next}`)).changes.length, 2, 'each once, with its last deletion')
})

t.test('[OLD] a tombstone that is removed while it is to be read is not missed', async t => {
  const { app, user, todos, make, clock } = await serveSignedIn(t)
  const { store } = app
  const [a] = await make('a')
  const { readConsistently: _, ...source } = todoChangeSource
  const { next: since } = await createChangeReader(store, [source])(user.id, { limit: 1000 })
  await todos('DELETE', `/${a.id}?permanent=true`)
  clock.advance(1)
  /** Reads, and has the janitor come in between, when the sequence is known and the tombstones are not. */
  const read = createChangeReader(store, [
    {
      ...source,
      async readConsistently(_store, _userId, readSequence) {
        const sequence = await readSequence()
        await createTombstoneRemoval(store)(store.now(), 10)
        return sequence
      }
    }
  ])
  const outcome = await read(user.id, { since, limit: 1000 }).catch(error => error)
  t.ok(outcome instanceof Problem && outcome.code === 'sync_token_expired')
})
