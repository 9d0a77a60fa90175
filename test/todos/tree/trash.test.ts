import t from 'tap'
import { createTrashRemoval } from '../../../src/todos/purge.ts'
import { expectedProblem } from '../../support/service.ts'
import { findViolations, serveTrees } from './in-trees.ts'

t.test('what is deleted takes its subtasks along, and brings back exactly those', async t => {
  const { add, addChain, addList, todos, read, trash, openCount, clock } = await serveTrees(t)
  const listId = await addList('list')
  const [a, b, c] = await addChain('a', 'b', 'c')
  await todos('PATCH', `/${a?.id}`, { listId })
  const earlier = await add('earlier', { parentId: b?.id })
  await todos('DELETE', `/${earlier.id}`)
  t.equal(await openCount(listId), 3)
  clock.advance(60)
  const deleted = await todos('DELETE', `/${b?.id}`)
  t.match(deleted.body, { deletedAt: '2026-01-01T00:01:00.000Z', childCount: 1, openChildCount: 1 })
  t.equal((await todos('GET', `/${c?.id}`)).status, 404)
  t.match(await read(a?.id ?? ''), { childCount: 0, openChildCount: 0 })
  t.equal(await openCount(listId), 1)
  t.match(
    (await trash()).map(({ title, deletedAt }) => [title, deletedAt]),
    [
      ['b', '2026-01-01T00:01:00.000Z'],
      ['c', '2026-01-01T00:01:00.000Z'],
      ['earlier', '2026-01-01T00:00:00.000Z']
    ]
  )
  const restored = await todos('POST', `/${b?.id}/restore`)
  t.match(restored.body, { deletedAt: null, parentId: a?.id, listId, childCount: 1 })
  t.match(await read(c?.id ?? ''), { deletedAt: null, parentId: b?.id })
  t.match(await read(a?.id ?? ''), { childCount: 1, openChildCount: 1 })
  t.strictSame(
    (await trash()).map(({ title }) => title),
    ['earlier'],
    'it was deleted by itself'
  )
  t.equal(await openCount(listId), 3)
  t.match((await todos('POST', `/${earlier.id}/restore`)).body, { parentId: b?.id }, 'its parent is there')
})

t.test('a subtask that is restored without its parent is nobody’s subtask', async t => {
  const { addChain, addList, lists, todos, read, trash } = await serveTrees(t)
  const listId = await addList('list')
  const [a, b, c] = await addChain('a', 'b', 'c')
  await todos('PATCH', `/${a?.id}`, { listId })
  await todos('DELETE', `/${a?.id}`)
  t.match((await todos('POST', `/${b?.id}/restore`)).body, { parentId: null, listId, childCount: 1 })
  t.match(await read(c?.id ?? ''), { parentId: b?.id, deletedAt: null }, 'with its own subtasks')
  t.match(await trash(), [{ title: 'a', childCount: 0, openChildCount: 0 }])
  t.match((await todos('POST', `/${a?.id}/restore`)).body, { childCount: 0 })
  await todos('DELETE', `/${b?.id}`)
  await lists('DELETE', `/${listId}`)
  t.match((await todos('POST', `/${b?.id}/restore`)).body, { parentId: null, listId: null })
  t.match(await read(c?.id ?? ''), { listId: null })
})

t.test('what is deleted for good takes all its subtasks along', async t => {
  const { add, addChain, todos, read, trash, readRows, call, token } = await serveTrees(t)
  const [a, b, c] = await addChain('a', 'b', 'c')
  const earlier = await add('earlier', { parentId: b?.id })
  await todos('DELETE', `/${earlier.id}`)
  const { next } = (await call('GET', '/api/changes', { token })).body
  t.match((await todos('DELETE', `/${b?.id}?permanent=true`)).body, { id: b?.id, childCount: 1 })
  t.strictSame(await trash(), [])
  t.match(await read(a?.id ?? ''), { childCount: 0, openChildCount: 0 })
  t.equal((await readRows()).length, 1)
  const { body } = await call('GET', `/api/changes?since=${next}`, { token })
  t.strictSame(
    new Set(body.changes.map(({ id, deleted }: { id: string; deleted: boolean }) => `${id},${deleted}`)),
    new Set([`${a?.id},false`, ...[b, c, earlier].map(todo => `${todo?.id},true`)]),
    'followers are told of each'
  )
  await todos('DELETE', `/${a?.id}`)
  await todos('DELETE', `/${a?.id}?permanent=true`)
  t.strictSame(await readRows(), [])
})

t.test('If-Match of a parent fails after a change of its counts', async t => {
  const { add, todos } = await serveTrees(t)
  const parent = await add('parent')
  const child = await add('child', { parentId: parent.id })
  const stale = await todos('PATCH', `/${parent.id}`, { title: 'x' }, { 'if-match': parent.etag })
  const { body: current } = await todos('GET', `/${parent.id}`)
  t.strictSame(stale.body, expectedProblem(stale, 412, 'precondition_failed', { current }))
  const fresh = await todos('PATCH', `/${parent.id}`, { title: 'x' }, { 'if-match': current.etag })
  t.equal(fresh.status, 200)
  t.equal(fresh.body.updatedAt, current.updatedAt)
  const same = await todos('GET', `/${child.id}`, undefined, { 'if-none-match': child.etag })
  t.equal(same.status, 304, 'a child does not change with its parent')
})

t.test('what expires a part at a time leaves right counts', async t => {
  const { add, todos, store, clock, trash, readRows, readLists } = await serveTrees(t)
  const removeOldest = createTrashRemoval(store)
  for (const size of [1, 2, 3, 4, 5]) {
    // Those below are older, and go first.
    const [grandchild, child] = [await add('grandchild', { done: true }), await add('child')]
    const [sibling, root] = [await add('sibling'), await add('root')]
    await todos('PATCH', `/${grandchild.id}`, { parentId: child.id })
    for (const { id } of [child, sibling]) await todos('PATCH', `/${id}`, { parentId: root.id })
    await todos('DELETE', `/${root.id}`)
    clock.advance(1)
    t.equal(await removeOldest(store.now(), size), Math.min(size, 4))
    for (const { id } of await trash()) await todos('POST', `/${id}/restore`)
    t.strictSame(findViolations(await readRows(), await readLists()), [], `${size} of 4`)
    await todos('POST', '/batch', { operations: [{ op: 'delete', where: { parent: 'none' } }] })
    await todos('POST', '/batch', { operations: [{ op: 'purge', where: { deleted: true } }] })
    t.strictSame(await readRows(), [])
  }
})
