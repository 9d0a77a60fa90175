import t from 'tap'
import { settleLists } from '../../../src/todos/lists/transitions/settle.ts'
import { findViolations, serveTrees, type TreeTodo } from './in-trees.ts'

const NONE = { listId: null, parentId: null }

t.test('what was in the trash before its list was deleted for good stays there, in the inbox', async t => {
  const trees = await serveTrees(t)
  const { store, user, add, addList, clock, lists, todos, trash, read, readRows, readLists } = trees
  const { call, token } = trees
  for (const isTrashedFirst of [false, true]) {
    const id = await addList('list', { archived: true })
    const parent = await add('parent', { listId: id })
    const child = await add('child', { parentId: parent.id, tags: ['x'] })
    const below = await add('below', { parentId: child.id })
    const root = await add('root', { listId: id, done: true })
    await todos('DELETE', `/${child.id}`)
    await todos('DELETE', `/${root.id}`)
    const before = new Map((await trash()).map(todo => [todo.id, todo]))
    if (isTrashedFirst) await lists('DELETE', `/${id}`)
    const { next } = (await call('GET', '/api/changes', { token })).body
    clock.advance(60)
    await lists('DELETE', `/${id}?permanent=true`)

    const expected = (todo: TreeTodo, rest: object) => ({ ...before.get(todo.id), ...rest, etag: undefined })
    const kept = (await trash()).map(todo => ({ ...todo, etag: undefined }))
    t.strictSame(kept, [
      expected(child, NONE),
      expected(below, { listId: null, parentId: child.id }),
      expected(root, NONE)
    ])
    t.strictSame(findViolations(await readRows(), await readLists()), [])
    const { changes } = (await call('GET', `/api/changes?since=${next}`, { token })).body
    const ids = changes.map((change: { id: string }) => change.id).toSorted()
    t.strictSame(ids, [id, parent.id, child.id, below.id, root.id].toSorted(), 'who follows gets that')

    await addList('another one with the same id', { id })
    const parentAgain = await add('again', { id: parent.id, listId: id })
    await settleLists(store, user.id)
    t.match(await read(parentAgain.id), { childCount: 0 })
    await todos('POST', `/${child.id}/restore`)
    t.match(await read(child.id), { ...NONE, childCount: 1, deletedAt: null })
    t.match(await read(below.id), { listId: null, parentId: child.id })
    t.strictSame((await todos('GET', `?list=${id}`)).body.items, [await read(parentAgain.id)])
    t.strictSame(findViolations(await readRows(), await readLists()), [])
    for (const { id: todoId } of await readRows()) await todos('DELETE', `/${todoId}?permanent=true`)
  }
})
