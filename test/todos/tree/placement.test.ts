import t from 'tap'
import { expectedProblem } from '../../support/service.ts'
import { invalid, MISSING_ID } from '../signed-in.ts'
import { findViolations, serveTrees } from './in-trees.ts'

const NO_LIST = 'names no list; GET /api/lists tells those that there are'
const NO_PARENT = 'names no todo of the list'
const OTHER_LIST = 'is in another list; leave out listId, or give that of the parent'
const CYCLE = 'is the todo itself, or one of its subtasks'
const TOO_DEEP = 'is too deep; subtasks have at most 4 levels'
const TOO_MANY =
  'would have too many subtasks; a todo has at most 500, all levels and those in the trash together'

t.test('a todo is made in a list, or below another todo and in its list', async t => {
  const { add, addList, read, openCount } = await serveTrees(t)
  const listId = await addList('list')
  const inbox = await add('inbox')
  t.match(inbox, { listId: null, parentId: null, childCount: 0, openChildCount: 0 })
  const root = await add('root', { listId })
  t.match(root, { listId, parentId: null })
  const child = await add('child', { parentId: root.id })
  t.match(child, { listId, parentId: root.id })
  t.match(await add('named', { parentId: root.id, listId, done: true }), { listId, parentId: root.id })
  t.match(await add('none', { parentId: null, listId: null }), { listId: null, parentId: null })
  const after = await read(root.id)
  t.match(after, { childCount: 2, openChildCount: 1 })
  t.not(after.etag, root.etag, 'the counts are part of the state')
  t.equal(await openCount(listId), 2)
})

t.test('PATCH and PUT move a todo with its subtasks', async t => {
  const { add, addList, read, todos, openCount } = await serveTrees(t)
  const [one, two] = [await addList('one'), await addList('two')]
  const root = await add('root', { listId: one })
  const child = await add('child', { parentId: root.id })
  const grandchild = await add('grandchild', { parentId: child.id })

  t.match((await todos('PATCH', `/${root.id}`, { listId: two })).body, { listId: two, childCount: 1 })
  t.match(await read(grandchild.id), { listId: two, parentId: child.id })
  t.strictSame([await openCount(one), await openCount(two)], [0, 3])

  const moved = await todos('PATCH', `/${child.id}`, { listId: null })
  t.match(moved.body, { listId: null, parentId: null }, 'another list takes a subtask from its parent')
  t.match(await read(grandchild.id), { listId: null, parentId: child.id })
  t.match(await read(root.id), { childCount: 0, openChildCount: 0 })
  t.strictSame([await openCount(one), await openCount(two)], [0, 1])

  const back = await todos('PATCH', `/${child.id}`, { parentId: root.id, title: 'CHILD' })
  t.match(back.body, { listId: two, parentId: root.id, title: 'CHILD' }, 'a parent brings its list')
  const put = await todos('PUT', `/${grandchild.id}`, { title: 'grandchild', parentId: root.id, listId: two })
  t.match(put.body, { listId: two, parentId: root.id })
  t.match(await read(root.id), { childCount: 2 })
  const replaced = await todos('PUT', `/${grandchild.id}`, { title: 'grandchild' })
  t.match(replaced.body, { listId: null, parentId: null }, 'what PUT leaves out goes back to its default')
  const whole = await read(child.id)
  t.strictSame((await todos('PUT', `/${child.id}`, whole)).body, whole, 'what was read can be written')
  t.strictSame((await todos('PATCH', `/${child.id}`, { parentId: root.id, listId: two })).body, whole)
  t.match((await todos('PATCH', `/${child.id}`, { parentId: null })).body, { listId: two, parentId: null })
})

t.test('a list or a parent that cannot be is refused and named', async t => {
  const service = await serveTrees(t)
  const { add, addChain, addList, lists, todos, batch, call, signUp } = service
  const [listId, trashed] = [await addList('list'), await addList('trashed')]
  await lists('DELETE', `/${trashed}`)
  const other = await signUp()
  const { body: theirs } = await call('POST', '/api/todos', {
    token: other.accessToken,
    body: { title: 'theirs' }
  })
  const theirList = await addList('theirs', {}, other.accessToken)
  const [a, b, c, d, e] = await addChain('a', 'b', 'c', 'd', 'e')
  const x = await add('x', { listId })
  await add('y', { parentId: x.id })
  const [gone, moved] = [await add('gone'), await add('moved')]
  await todos('DELETE', `/${gone.id}`)
  const cases: [body: object, pointer: string, detail: string][] = [
    [{ listId: MISSING_ID }, '/listId', NO_LIST],
    [{ listId: theirList }, '/listId', NO_LIST],
    [{ listId: trashed }, '/listId', NO_LIST],
    [{ parentId: MISSING_ID }, '/parentId', NO_PARENT],
    [{ parentId: theirs.id }, '/parentId', NO_PARENT],
    [{ parentId: gone.id }, '/parentId', NO_PARENT],
    [{ parentId: x.id, listId: null }, '/parentId', OTHER_LIST],
    [{ parentId: a?.id, listId }, '/parentId', OTHER_LIST],
    [{ parentId: a?.id, listId: MISSING_ID }, '/parentId', OTHER_LIST],
    [{ parentId: e?.id }, '/parentId', TOO_DEEP]
  ]
  const before = (await todos('GET')).body
  for (const [body, pointer, detail] of cases) {
    const name = JSON.stringify(body)
    const requests: [method: string, path: string, body: object][] = [
      ['POST', '', { title: 'new', ...body }],
      ['PATCH', `/${moved.id}`, body],
      ['PUT', `/${moved.id}`, { title: 'moved', ...body }],
      ['POST', `/${moved.id}/move`, body]
    ]
    for (const request of requests) {
      const answer = await todos(...request)
      t.strictSame(answer.body, invalid(answer, { pointer, detail }), `${request[0]} ${name}`)
    }
    const operations: [operation: object, member: string][] = [
      [{ op: 'create', todo: { title: 'new', ...body } }, '/todo'],
      [{ op: 'patch', id: moved.id, changes: body }, '/changes'],
      [{ op: 'move', ids: [moved.id], ...body }, '']
    ]
    for (const [operation, member] of operations) {
      const answer = await batch([{ op: 'create', todo: { title: 'first' } }, operation])
      const errors = [{ pointer: `/operations/1${member}${pointer}`, detail }]
      const problem = expectedProblem(answer, 400, 'validation_failed', { index: 1, errors })
      t.strictSame(answer.body, problem, JSON.stringify(operation))
    }
  }
  for (const below of [a, b, c, d, e])
    for (const [method, path] of [
      ['PATCH', ''],
      ['POST', '/move']
    ] as const) {
      const answer = await todos(method, `/${a?.id}${path}`, { parentId: below?.id })
      t.strictSame(answer.body, invalid(answer, { pointer: '/parentId', detail: CYCLE }))
    }
  const tall = await todos('PATCH', `/${x.id}`, { parentId: d?.id })
  t.strictSame(tall.body, invalid(tall, { pointer: '/parentId', detail: TOO_DEEP }), 'with what is below it')
  t.strictSame((await todos('GET')).body, before, 'nothing was done')
  t.equal((await todos('PATCH', `/${x.id}`, { parentId: c?.id })).status, 200)
})

t.test('a tree has at most 500 subtasks, those in the trash included', async t => {
  const { add, batch, todos, read } = await serveTrees(t)
  const root = await add('root')
  const fill = async (count: number) => {
    const creates = Array.from({ length: count }, (_, n) => ({
      op: 'create',
      todo: { title: `${n}`, parentId: root.id }
    }))
    return batch(creates)
  }
  for (let n = 0; n < 4; n += 1) t.equal((await fill(100)).status, 200)
  const last = (await fill(99)).body.results
  const trashed = last[0].todo.id
  await todos('DELETE', `/${trashed}`)
  t.match(await read(root.id), { childCount: 498 })
  const pair = await add('pair')
  await add('below', { parentId: pair.id })
  const detail = { pointer: '/parentId', detail: TOO_MANY }
  const two = await todos('PATCH', `/${pair.id}`, { parentId: root.id })
  t.strictSame(two.body, invalid(two, detail), 'two do not fit')
  const one = await todos('POST', '', { title: 'one', parentId: last[1].todo.id })
  t.equal(one.status, 201, 'one does')
  const full = await todos('POST', '', { title: 'another', parentId: root.id })
  t.strictSame(full.body, invalid(full, detail))
  t.equal(
    (await todos('PATCH', `/${one.body.id}`, { parentId: root.id })).status,
    200,
    'moves within the tree add nothing'
  )
  t.equal((await todos('POST', `/${trashed}/restore`)).status, 200)
  await todos('DELETE', `/${trashed}?permanent=true`)
  t.equal((await todos('POST', '', { title: 'another', parentId: root.id })).status, 201, 'one less')
  t.match(await read(root.id), { childCount: 500 })
})

t.test('parallel moves make neither a cycle nor a tree that is too deep', async t => {
  const { addChain, todos, readRows, readLists } = await serveTrees(t)
  for (let round = 0; round < 5; round += 1) {
    const [a, b, c] = await addChain('a', 'b', 'c')
    const [x, y, z] = await addChain('x', 'y', 'z')
    const answers = await Promise.all([
      todos('PATCH', `/${a?.id}`, { parentId: z?.id }),
      todos('PATCH', `/${x?.id}`, { parentId: c?.id }),
      todos('POST', `/${b?.id}/move`, { parentId: y?.id }),
      todos('POST', '', { title: 'deep', parentId: z?.id })
    ])
    t.ok(answers.every(({ status }) => status < 500))
    t.strictSame(findViolations(await readRows(), await readLists()), [])
  }
})
