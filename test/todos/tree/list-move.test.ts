import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { createLists } from '../../../src/todos/lists/lists.ts'
import { settleLists } from '../../../src/todos/lists/transitions/settle.ts'
import { BEFORE_ALL } from '../../../src/todos/order/list-position.ts'
import { type Answer, expectedProblem } from '../../support/service.ts'
import { crashAtWrite, MISSING_ID } from '../signed-in.ts'
import { findViolations, serveTrees, type TreeTodo } from './in-trees.ts'

type Trees = Awaited<ReturnType<typeof serveTrees>>

const toList = (where: object, listId: string | null) => ({ op: 'patch', where, changes: { listId } })
const NO_LIST = 'names no list; GET /api/lists tells those that there are'

/** Moves by a filter. @returns the count */
async function move({ batch }: Trees, where: object, listId: string | null): Promise<number> {
  const { status, body } = await batch([toList(where, listId)])
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body.results[0].count
}

const violations = async ({ readRows, readLists }: Trees) =>
  findViolations(await readRows(), await readLists())

/** Where each todo is: its list, its parent and its root by their names, and the counts of its subtasks. */
async function shapes({ readRows, readLists }: Trees) {
  const rows = await readRows()
  const names = new Map([
    ['', null],
    ...rows.map(({ id, title }) => [id, title] as const),
    ...(await readLists()).map(({ id, name }) => [id, name] as const)
  ])
  return Object.fromEntries(
    rows.map(row => [
      row.title,
      [
        ...[row.listId, row.parentId, row.rootId].map(id => names.get(id)),
        `${row.openChildCount}/${row.childCount}`
      ].join(' ')
    ])
  )
}

t.test('todos of the inbox and of several lists go into one list and back', async t => {
  const trees = await serveTrees(t)
  const { add, addList, clock, batch, read, todos, openCount, readRows } = trees
  const [one, two, archived] = [
    await addList('one'),
    await addList('two'),
    await addList('archived', { archived: true })
  ]
  const a = await add('a', { tags: ['x'] })
  const b = await add('b', { tags: ['x'], listId: one, done: true })
  const c = await add('c', { tags: ['x'], listId: two })
  const d = await add('d', { listId: one })
  const e = await add('e', { tags: ['x'], listId: archived })
  const f = await add('f', { tags: ['x'] })
  await todos('DELETE', `/${f.id}`)
  const before = await readRows()
  clock.advance(60)

  const dry = await batch([toList({ tag: ['x'] }, two)], { validateOnly: true })
  t.strictSame(dry.body, { results: [{ count: 2 }], validateOnly: true })
  t.strictSame(await readRows(), before)

  const moved = await batch([toList({ tag: ['x'] }, two)])
  t.strictSame([moved.status, moved.body], [200, { results: [{ count: 2 }], validateOnly: false }])
  const updatedAt = '2026-01-01T00:01:00.000Z'
  for (const todo of [a, b]) {
    const now = await read(todo.id)
    t.not(now.etag, todo.etag)
    t.strictSame(now, { ...todo, listId: two, updatedAt, etag: now.etag }, 'nothing else has changed')
  }
  t.strictSame(await read(c.id), c, 'it was there already')
  t.strictSame(await read(d.id), d)
  t.strictSame(await read(e.id), e, 'todos of archived lists are not in the selection')
  t.strictSame(await Promise.all([one, two, archived].map(openCount)), [1, 2, 1])
  const order = (await todos('GET', `?list=${two}`)).body.items.map(({ title }: TreeTodo) => title)
  t.strictSame(order, ['a', 'b', 'c'], 'the positions stay')
  t.equal(await move(trees, { tag: ['x'] }, two), 0)
  t.equal((await readRows()).find(({ id }) => id === f.id)?.listId, '', 'what is in the trash stays there')

  t.equal(await move(trees, { list: [two], done: false }, archived), 2)
  t.strictSame(await Promise.all([one, two, archived].map(openCount)), [1, 0, 3])
  t.match(await violations(trees), [], 'those are archived, too')
  t.strictSame(
    (await todos('GET')).body.items.map(({ title }: TreeTodo) => title),
    ['b', 'd']
  )
  t.equal(await move(trees, { list: [archived, two, 'inbox'] }, null), 4)
  t.strictSame(await Promise.all([one, two, archived].map(openCount)), [1, 0, 0])
  t.strictSame(
    (await todos('GET', '?list=inbox')).body.items.map(({ title }: TreeTodo) => title),
    ['a', 'b', 'c', 'e']
  )
  t.match((await batch([toList({ list: ['inbox'] }, null)], { validateOnly: true })).body, {
    results: [{ count: 0 }]
  })
  t.strictSame(await violations(trees), [])
})

t.test('subtasks leave their parent, unless what is above them goes along', async t => {
  const trees = await serveTrees(t)
  const { add, addChain, addList, clock, todos, read } = trees
  const list = await addList('list')
  const target = await addList('target')
  const root = await add('root', { listId: list })
  const a = await add('a', { parentId: root.id, tags: ['x'] })
  const b = await add('b', { parentId: a.id })
  await add('c', { parentId: b.id, tags: ['x'], done: true })
  const deleted = await add('deleted', { parentId: b.id, tags: ['x'] })
  const alone = await add('alone', { parentId: deleted.id })
  await todos('DELETE', `/${deleted.id}`)
  await add('d', { parentId: root.id, done: true })
  await add('e', { parentId: root.id, tags: ['x'], done: true })
  const [f] = await addChain('f', 'g')
  await todos('PATCH', `/${f?.id}`, { tags: ['x'] })
  const there = await add('there', { listId: target, tags: ['x'] })
  await add('below', { parentId: there.id, tags: ['x'] })
  const top = await read(root.id)
  const carried = await read(b.id)
  clock.advance(60)

  t.equal(await move(trees, { tag: ['x'] }, target), 4)
  t.strictSame(await shapes(trees), {
    root: 'list   0/1',
    a: 'target   1/1',
    b: 'target a a 0/1',
    c: 'target b a 0/0',
    deleted: 'target b a 1/1',
    alone: 'target deleted a 0/0',
    d: 'list root root 0/0',
    e: 'target   0/0',
    f: 'target   1/1',
    g: 'target f f 0/0',
    there: 'target   1/1',
    below: 'target there there 0/0'
  })
  t.strictSame(await violations(trees), [])
  t.not((await read(root.id)).etag, top.etag, 'the parent has other counts')
  const now = await read(b.id)
  t.not(now.etag, carried.etag)
  t.strictSame(now, { ...carried, listId: target, etag: now.etag }, 'what goes along has not been updated')
  await todos('POST', `/${deleted.id}/restore`)
  t.match(await read(alone.id), { listId: target, parentId: deleted.id }, 'the trash went along')
  t.strictSame(await violations(trees), [])
})

t.test('a subtask that leaves the middle of a tree gives its root another etag', async t => {
  const trees = await serveTrees(t)
  const { add, addChain, addList, read } = trees
  const target = await addList('target')
  const [a, b] = await addChain('a', 'b')
  const c = await add('c', { parentId: b?.id, tags: ['x'] })
  const before = await read(`${a?.id}`)
  t.equal(await move(trees, { parent: `${b?.id}` }, target), 1)
  const { etag, ...rest } = await read(`${a?.id}`)
  t.not(etag, before.etag)
  t.strictSame({ ...rest, etag: before.etag }, before)
  t.match(await read(c.id), { listId: target, parentId: null })
  t.strictSame(await violations(trees), [])
})

t.test('who follows the changes gets all of them', async t => {
  const trees = await serveTrees(t)
  const { add, addList, call, token } = trees
  const [list, target] = [await addList('list'), await addList('target')]
  const root = await add('root', { listId: list })
  const a = await add('a', { parentId: root.id, tags: ['x'] })
  const b = await add('b', { parentId: a.id })
  await add('other')
  const changes = (since: string) => call('GET', `/api/changes?since=${since}`, { token })
  const { body } = await call('GET', '/api/changes', { token })
  t.equal(await move(trees, { tag: ['x'] }, target), 1)
  const after = await changes(body.next)
  const ids = after.body.changes.map(({ id }: { id: string }) => id)
  t.strictSame(ids.toSorted(), [root.id, a.id, b.id, list, target].toSorted())
})

t.test('the list must be there, and nothing else may be changed', async t => {
  const trees = await serveTrees(t)
  const { add, addList, lists, batch, readRows } = trees
  const [list, trashed, purged] = [await addList('a'), await addList('b'), await addList('c')]
  await add('a', { listId: list })
  await lists('DELETE', `/${trashed}`)
  await lists('DELETE', `/${purged}?permanent=true`)
  const other = await trees.signUp()
  const foreign = await addList('foreign', {}, other.accessToken)
  const before = await readRows()
  const expectError = async (operation: object, error: object, rest: object = {}) => {
    const answer = await batch([operation], rest)
    const errors = [error]
    t.strictSame(answer.body, expectedProblem(answer, 400, 'validation_failed', { index: 0, errors }))
  }
  for (const listId of [MISSING_ID, trashed, purged, foreign])
    for (const rest of [{}, { validateOnly: true }])
      await expectError(
        toList({ done: false }, listId),
        { pointer: '/operations/0/changes/listId', detail: NO_LIST },
        rest
      )
  const detail = 'may change one of done and listId, and nothing else, with where'
  for (const changes of [
    { listId: list, done: true },
    { done: null, listId: null },
    { listId: list, title: 'x' },
    { listId: list, parentId: null },
    { parentId: null },
    {}
  ])
    await expectError(
      { op: 'patch', where: { done: false }, changes },
      { pointer: '/operations/0/changes', detail }
    )
  await expectError(
    { op: 'patch', where: { done: false }, changes: { listId: list, children: 'complete' } },
    {
      pointer: '/operations/0/changes/children',
      detail: 'goes with done only, which must be true'
    }
  )
  await expectError(toList({ tag: [] }, list), {
    pointer: '/operations/0/where/tag',
    detail: 'excludes nothing; give at least one tag, or leave it out'
  })
  t.strictSame(await readRows(), before)
})

/** Two lists, and trees whose todos are in the first one; a filter by the tag selects every other child. */
async function withForest(t: Parameters<typeof serveTrees>[0]) {
  const trees = await serveTrees(t)
  const { store, addList, add, batch } = trees
  if (store.hasManyRows) Object.assign(store, { hasManyRows: () => true })
  const [source, target] = [await addList('source'), await addList('target')]
  for (let n = 0; n < 40; n += 1) {
    const root = await add(`root ${n}`, { listId: source })
    const child = (title: string, tags: string[]) => ({
      op: 'create',
      todo: { title, parentId: root.id, tags }
    })
    const made = await batch([child(`child ${n}`, ['x']), child(`other ${n}`, [])])
    const [{ todo }] = made.body.results
    await batch([{ op: 'create', todo: { title: `below ${n}`, parentId: todo.id, tags: ['x'] } }])
  }
  return { ...trees, source, target }
}

t.test('a crash in the middle changes nothing about the result', async t => {
  const forest = await withForest(t)
  const { store, todos, source, target, readRows } = forest
  const { atomically } = store
  const headers = (write: number, listId: string) => ({ 'idempotency-key': `${write} ${listId}` })
  for (const write of [1, 2, 3, 4, 5, 6])
    for (const listId of [target, source]) {
      const body = { operations: [toList({ tag: ['x'] }, listId)] }
      crashAtWrite(store, write)
      const first = await todos('POST', '/batch', body, headers(write, listId))
      Object.assign(store, { atomically })
      t.ok(first.status === 500 || first.status === 200)
      const again = await todos('POST', '/batch', body, headers(write, listId))
      t.strictSame(again.body, { results: [{ count: 80 }], validateOnly: false }, `${write} ${listId}`)
      const moved = (await readRows()).filter(row => row.tags.includes('x'))
      t.strictSame([...new Set(moved.map(row => row.listId))], [listId])
      t.strictSame(await violations(forest), [])
    }
})

const listIsMissing = (answer: Answer) =>
  expectedProblem(answer, 400, 'validation_failed', {
    index: 0,
    errors: [{ pointer: '/operations/0/changes/listId', detail: NO_LIST }]
  })

for (const isSliced of [false, true])
  t.test(
    `a list that was deleted since the request began gets nothing, ${isSliced ? 'in slices' : 'at once'}`,
    async t => {
      const trees = await serveTrees(t)
      const { store, addList, add, todos, user, readRows } = trees
      const target = await addList('target')
      const { atomically, queueForUser } = store
      await add('a', { tags: ['x'] })
      const before = await readRows()
      async function removeTarget() {
        Object.assign(store, { atomically, queueForUser })
        await createLists(store, user.id).remove(target, () => {})
      }
      const early: Pick<typeof store, 'atomically' | 'queueForUser'> = {
        async atomically(...statements) {
          const isUpdate = statements.some(statement => statement.name.startsWith('todos_bulk_list_move'))
          if (isUpdate) await removeTarget()
          return atomically(...statements)
        },
        async queueForUser(userId, work) {
          await removeTarget()
          return queueForUser(userId, work)
        }
      }
      Object.assign(store, isSliced ? { ...early, hasManyRows: () => true } : early)
      const body = { operations: [toList({ tag: ['x'] }, target)] }
      for (const headers of [{}, { 'idempotency-key': 'key' }]) {
        const answer = await todos('POST', '/batch', body, headers)
        t.strictSame(answer.body, listIsMissing(answer))
        t.strictSame(await readRows(), before)
      }
      t.strictSame(await violations(trees), [])
    }
  )

t.test('a list is not deleted while an update that has begun puts todos into it', async t => {
  const trees = await serveTrees(t)
  const { store, tables, addList, add, user, readRows } = trees
  const target = await addList('target')
  await add('a', { tags: ['x'] })
  const { atomically } = store
  const update = { kind: 'moveToList', listId: target, filter: { tag: ['x'] } }
  const begun = { userId: user.id, revision: store.newId(), startedAt: store.now(), change: update }
  const interposed: typeof atomically = async (...statements) => {
    if (statements.some(({ name }) => name.startsWith('lists_update'))) {
      Object.assign(store, { atomically })
      const state = { requestId: null, cursor: BEFORE_ALL, changed: 0, isDone: false }
      await store.db.insert(tables.bulkUpdates).values({ ...begun, ...state })
    }
    return atomically(...statements)
  }
  Object.assign(store, { hasManyRows: () => true, atomically: interposed })
  await createLists(store, user.id).remove(target, () => {})
  await settleLists(store, user.id)
  t.match(await readRows(), [{ listId: target, deletedWith: target }])
  t.strictSame(await violations(trees), [])
})

t.test('a list that is deleted meanwhile gets all of them, or none', async t => {
  for (const turns of [0, 1, 2, 4, 8, 16]) {
    const forest = await withForest(t)
    const { store, batch, user, target, readRows } = forest
    const remove = async () => {
      for (let turn = 0; turn < turns; turn += 1) await nextTurn()
      await createLists(store, user.id).remove(target, () => {})
    }
    const [answer] = await Promise.all([batch([toList({ tag: ['x'] }, target)]), remove()])
    await settleLists(store, user.id)
    t.strictSame(await violations(forest), [])
    const moved = (await readRows()).filter(row => row.tags.includes('x'))
    const isMoved = answer.status === 200
    if (!isMoved) t.strictSame(answer.body, listIsMissing(answer))
    const expected = isMoved ? [target, true] : [forest.source, false]
    const places = moved.map(({ listId, deletedAt }) => JSON.stringify([listId, deletedAt !== null]))
    t.strictSame([...new Set(places)], [JSON.stringify(expected)])
  }
})
