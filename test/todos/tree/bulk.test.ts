import t from 'tap'
import { findViolations, serveTrees } from './in-trees.ts'

t.test('what is deleted by a filter takes its subtasks along, as one act with the topmost', async t => {
  const { add, addChain, addList, batch, readRows, readLists, trash, todos, read } = await serveTrees(t)
  const listId = await addList('list')
  const a = await add('a', { tags: ['x'], listId })
  const b = await add('b', { parentId: a.id })
  const c = await add('c', { parentId: b.id, tags: ['x'] })
  const d = await add('d', { parentId: c.id })
  const e = await add('e', { parentId: a.id })
  await todos('DELETE', `/${e.id}`)
  const [f, g] = await addChain('f', 'g')
  t.same((await batch([{ op: 'delete', where: { tag: ['x'] } }])).body.results, [{ count: 2 }])
  const rows = await readRows()
  const acts = Object.fromEntries(rows.map(({ title, deletedWith }) => [title, deletedWith]))
  t.strictSame(acts, { a: a.id, b: a.id, c: a.id, d: a.id, e: e.id, f: '', g: '' })
  t.strictSame(findViolations(rows, await readLists()), [])
  t.equal((await trash()).length, 5)
  await todos('POST', `/${a.id}/restore`)
  t.match(await read(a.id), { childCount: 1, openChildCount: 1 })
  t.match(await read(d.id), { deletedAt: null, parentId: c.id })
  t.strictSame(
    (await trash()).map(({ title }) => title),
    ['e']
  )
  t.strictSame(findViolations(await readRows(), await readLists()), [])
  void f
  void g
})

t.test('restore and purge', async t => {
  const { add, addChain, batch, readRows, readLists, trash, todos } = await serveTrees(t)
  const [a, b, c] = await addChain('a', 'b', 'c')
  const d = await add('d', { parentId: c?.id, tags: ['x'] })
  await todos('DELETE', `/${a?.id}`)
  t.same((await batch([{ op: 'restore', where: { deleted: true, q: 'b' } }])).body.results, [{ count: 1 }])
  t.strictSame(findViolations(await readRows(), await readLists()), [])
  t.strictSame(
    (await trash()).map(({ title }) => title),
    ['a']
  )
  await todos('DELETE', `/${b?.id}`)
  t.same((await batch([{ op: 'purge', where: { deleted: true, tag: ['x'] } }])).body.results, [{ count: 1 }])
  t.strictSame(findViolations(await readRows(), await readLists()), [])
  t.same((await batch([{ op: 'purge', where: { deleted: true } }])).body.results, [{ count: 3 }])
  t.same(await readRows(), [])
  void d
})
