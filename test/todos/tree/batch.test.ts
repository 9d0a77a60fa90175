import t from 'tap'
import { expectedProblem } from '../../support/service.ts'
import { invalid, MISSING_ID } from '../signed-in.ts'
import { findViolations, serveTrees, type TreeTodo } from './in-trees.ts'

const titlesOf = ({ body }: { body: { results: { todos: TreeTodo[] }[] } }) =>
  body.results[0]?.todos.map(({ title }) => title)

t.test('to complete a todo leaves its subtasks, unless the request says otherwise', async t => {
  const { add, addChain, todos, batch, read } = await serveTrees(t)
  const [a, b, c] = await addChain('a', 'b', 'c')
  const d = await add('d', { parentId: a?.id })
  const trashed = await add('trashed', { parentId: a?.id })
  await todos('DELETE', `/${trashed.id}`)
  const ids = [a, b, c, d].map(todo => todo?.id ?? '')
  const done = async () => Promise.all(ids.map(async id => (await read(id)).done))
  const patch = (body: object) => todos('PATCH', `/${a?.id}`, body)
  t.match((await patch({ done: true })).body, { done: true, openChildCount: 2 })
  t.strictSame(await done(), [true, false, false, false])
  const whole = await patch({ done: true, children: 'complete' })
  t.match(whole.body, { done: true, childCount: 2, openChildCount: 0 }, 'also of one that is done')
  t.strictSame(whole.body, await read(a?.id ?? ''))
  t.strictSame(await done(), [true, true, true, true])
  t.strictSame((await patch({ done: true, children: 'complete' })).body, whole.body, 'nothing is left to do')
  await todos('PATCH', `/${c?.id}`, { done: false })
  t.strictSame(await done(), [true, true, false, true], 'to reopen a subtask reopens no parent')
  t.match(await read(b?.id ?? ''), { openChildCount: 1 })
  t.match((await patch({ done: false })).body, { done: false, openChildCount: 0 })
  t.strictSame(await done(), [false, true, false, true])

  const byId = await batch([{ op: 'complete', id: b?.id, children: 'complete' }])
  t.match(byId.body.results, [{ todo: { id: b?.id, done: true, openChildCount: 0 } }])
  await todos('PATCH', `/${c?.id}`, { done: false })
  const several = await batch([{ op: 'complete', ids: [a?.id, d?.id], children: 'complete' }])
  t.match(several.body.results, [{ todos: [{ id: a?.id, openChildCount: 0 }, { id: d?.id }] }])
  t.strictSame(await done(), [true, true, true, true])
  await todos('POST', `/${trashed.id}/restore`)
  t.match(await read(trashed.id), { done: false }, 'what was in the trash is as it was')
})

t.test('children goes with done true only', async t => {
  const { add, todos, batch } = await serveTrees(t)
  const { id } = await add('a')
  const detail = 'goes with done only, which must be true'
  for (const changes of [{}, { done: false }, { done: null }, { title: 'x' }]) {
    const body = { ...changes, children: 'complete' }
    const answer = await todos('PATCH', `/${id}`, body)
    t.strictSame(answer.body, invalid(answer, { pointer: '/children', detail }), JSON.stringify(body))
    for (const selector of [{ id }, { ids: [id] }, { where: { done: false } }]) {
      const inBatch = await batch([{ op: 'patch', ...selector, changes: body }])
      const errors = [{ pointer: '/operations/0/changes/children', detail }]
      t.strictSame(inBatch.body, expectedProblem(inBatch, 400, 'validation_failed', { index: 0, errors }))
    }
  }
  const unknown = await todos('PATCH', `/${id}`, { done: true, children: 'delete' })
  t.match(unknown.body, { errors: [{ pointer: '/children' }] })
})

t.test('a filter completes subtasks, too, and counts what it selects', async t => {
  const { add, addChain, addList, batch, read, readRows, readLists, openCount } = await serveTrees(t)
  const listId = await addList('list')
  const root = await add('root', { listId, tags: ['x'] })
  const child = await add('child', { parentId: root.id })
  await add('grandchild', { parentId: child.id })
  const [other, below] = await addChain('other', 'below')
  const done = await add('done', { done: true, tags: ['x'] })
  const open = await add('open', { parentId: done.id })
  const answer = await batch([{ op: 'complete', where: { tag: ['x'] }, children: 'complete' }])
  t.strictSame(answer.body.results, [{ count: 1 }])
  t.match(await read(root.id), { done: true, openChildCount: 0 })
  t.match(await read(child.id), { done: true, openChildCount: 0, completedAt: '2026-01-01T00:00:00.000Z' })
  t.match(await read(open.id), { done: false }, 'its parent was not completed now')
  t.match(
    [await read(other?.id ?? ''), await read(below?.id ?? '')],
    [{ openChildCount: 1 }, { done: false }]
  )
  t.equal(await openCount(listId), 0)
  t.strictSame(
    (await batch([{ op: 'patch', where: { list: [listId] }, changes: { done: false } }])).body.results,
    [{ count: 3 }]
  )
  t.equal(await openCount(listId), 3)
  t.strictSame((await batch([{ op: 'complete', where: { parent: root.id } }])).body.results, [{ count: 1 }])
  t.match(await read(root.id), { openChildCount: 0, childCount: 1 })
  t.strictSame(findViolations(await readRows(), await readLists()), [])
})

t.test('several todos are deleted, restored and purged whatever their order and kinship', async t => {
  const { addChain, add, batch, trash, readRows, readLists } = await serveTrees(t)
  const [a, b, c] = await addChain('a', 'b', 'c')
  const d = await add('d')
  for (const todos of [
    [a, c, d],
    [c, d, a]
  ]) {
    const ids = todos.map(todo => todo?.id)
    const names = todos.map(todo => todo?.title)
    const deleted = await batch([{ op: 'delete', ids }])
    t.strictSame(titlesOf(deleted), names)
    t.ok(deleted.body.results[0].todos.every(({ deletedAt }: TreeTodo) => deletedAt))
    t.equal((await trash()).length, 4)
    const acts = (await readRows()).map(({ title, deletedWith }) => [title, deletedWith])
    const expected = { a: a?.id, b: a?.id, c: a?.id, d: d.id }
    t.strictSame(Object.fromEntries(acts), expected, 'one act')
    t.match((await batch([{ op: 'delete', ids }])).body, { status: 404, index: 0 }, 'they are not there')
    t.strictSame(titlesOf(await batch([{ op: 'restore', ids }])), names)
    t.strictSame(await trash(), [])
    t.strictSame(findViolations(await readRows(), await readLists()), [])
    t.equal((await readRows()).find(({ id }) => id === c?.id)?.parentId, b?.id, 'the tree is whole again')
  }
  const missing = await batch([{ op: 'delete', ids: [a?.id, MISSING_ID] }])
  t.strictSame(missing.body, expectedProblem(missing, 404, 'todo_not_found', { index: 0 }))
  t.strictSame(await trash(), [])
  t.strictSame(titlesOf(await batch([{ op: 'purge', ids: [c?.id, a?.id] }])), ['c', 'a'])
  t.strictSame(
    (await readRows()).map(({ title }) => title),
    ['d']
  )
})

t.test('several todos move in the given order', async t => {
  const { add, addList, batch, titles, read } = await serveTrees(t)
  const listId = await addList('list')
  const made: TreeTodo[] = []
  for (const title of ['a', 'b', 'c', 'd', 'e']) made.push(await add(title))
  const [a, b, c, d, e] = made.map(({ id }) => id)
  const move = (target: object) => batch([{ op: 'move', ...target }])
  t.strictSame(titlesOf(await move({ ids: [d, b], to: 'top' })), ['d', 'b'])
  t.strictSame(await titles(), ['d', 'b', 'a', 'c', 'e'])
  await move({ ids: [e, d, a], after: b })
  t.strictSame(await titles(), ['b', 'e', 'd', 'a', 'c'])
  await move({ ids: [c, b], before: e })
  t.strictSame(await titles(), ['c', 'b', 'e', 'd', 'a'])
  await move({ ids: [b, c], to: 'bottom' })
  t.strictSame(await titles(), ['e', 'd', 'a', 'b', 'c'])
  await move({ ids: [a, c], listId })
  t.strictSame(await titles(`?list=${listId}`), ['a', 'c'])
  await move({ ids: [b, d], parentId: a })
  t.strictSame(await titles(`?parent=${a}`), ['b', 'd'])
  t.match(await read(String(d)), { listId, parentId: a })
  const cycle = await move({ ids: [c, a], parentId: b })
  t.match(cycle.body, { status: 400, index: 0, errors: [{ pointer: '/operations/0/parentId' }] })
  t.strictSame(await titles(`?list=${listId}&parent=none`), ['a', 'c'], 'nothing was done')
  for (const [selector, detail] of [
    [{}, 'needs id or ids'],
    [{ id: a, ids: [a] }, 'needs id or ids']
  ] as const) {
    const answer = await move({ ...selector, to: 'top' })
    const errors = [{ pointer: '/operations/0', detail }]
    t.strictSame(answer.body, expectedProblem(answer, 400, 'validation_failed', { index: 0, errors }))
  }
})

t.test('restore and purge select from the trash only', async t => {
  const { add, todos, batch, trash, titles } = await serveTrees(t)
  const [a, b] = [await add('a', { tags: ['x'] }), await add('b')]
  await todos('DELETE', `/${a.id}`)
  for (const op of ['restore', 'purge']) {
    const cases: [where: object, pointer: string, detail: string][] = [
      [{}, '/deleted', 'is required'],
      [{ tag: ['x'] }, '/deleted', 'is required'],
      [{ deleted: false }, '/deleted', 'is not accepted; give true, since the todos are those in the trash'],
      [{ deleted: true, tag: [] }, '/tag', 'excludes nothing; give at least one tag, or leave it out'],
      [
        { deleted: true, list: [MISSING_ID] },
        '/list',
        'names no list; GET /api/lists tells those that there are'
      ]
    ]
    for (const [where, pointer, detail] of cases) {
      const answer = await batch([{ op, where }])
      t.match(answer, { status: 400, body: { code: 'validation_failed' } })
      t.strictSame(
        answer.body.errors,
        [{ detail, pointer: `/operations/0/where${pointer}` }],
        JSON.stringify(where)
      )
    }
    const both = await batch([
      { op, where: { deleted: true } },
      { op: 'delete', id: b.id }
    ])
    t.match(both.body.errors, [{ pointer: '/operations/0/where', detail: /one operation only/ }])
    const trial = await batch([{ op, where: { deleted: true } }], { validateOnly: true })
    t.strictSame(trial.body, { results: [{ count: 1 }], validateOnly: true })
  }
  const refused = await batch([{ op: 'delete', where: { deleted: true } }])
  t.match(refused.body.errors, [{ pointer: '/operations/0/where/deleted' }])
  t.strictSame(
    (await trash()).map(({ title }) => title),
    ['a']
  )
  t.strictSame((await batch([{ op: 'restore', where: { deleted: true } }])).body.results, [{ count: 1 }])
  t.strictSame(await titles(), ['a', 'b'], 'back in its place')
})

t.test('a batch changes a thousand todos through trees, and no more', async t => {
  const { add, batch, readRows } = await serveTrees(t)
  const roots: string[] = []
  for (const title of ['one', 'two', 'three']) {
    const root = await add(title)
    roots.push(root.id)
    for (let n = 0; n < 4; n += 1)
      await batch(
        Array.from({ length: 90 }, () => ({ op: 'create', todo: { title: 'child', parentId: root.id } }))
      )
  }
  const [one, two, three] = roots
  const tooMany = await batch([
    { op: 'delete', ids: [one, two] },
    { op: 'delete', id: three }
  ])
  const detail =
    'changes too many todos with their subtasks; all operations together may change 1000, so send the rest in another batch'
  t.strictSame(
    tooMany.body,
    expectedProblem(tooMany, 400, 'validation_failed', {
      index: 1,
      errors: [{ pointer: '/operations/1', detail }]
    })
  )
  t.ok(
    (await readRows()).every(({ deletedAt }) => deletedAt === null),
    'nothing was done'
  )
  t.equal((await batch([{ op: 'complete', ids: [one, two], children: 'complete' }])).status, 200)
  t.equal((await batch([{ op: 'purge', ids: [one, two] }])).status, 200)
  t.equal((await readRows()).length, 361)
})
