import { eq } from 'drizzle-orm'
import t from 'tap'
import { allTables } from '../../../src/features.ts'
import { MAX_POSITION_LENGTH, POSITION_PATTERN } from '../../../src/todos/order/position.ts'
import { invalid, serveSignedIn } from '../signed-in.ts'

const SHAPE = new RegExp(POSITION_PATTERN)

type Named = Record<'id' | 'title', string>

/** Positions of the greatest length, one right after the other. */
const longest = (number: number) =>
  `V${number
    .toString(32)
    .toUpperCase()
    .padStart(MAX_POSITION_LENGTH - 1, '0')}`

/** A signed-in user whose todos have the longest positions: no position is left between any two of them. */
async function serveFullList(t: Parameters<typeof serveSignedIn>[0], ...titles: string[]) {
  const service = await serveSignedIn(t)
  const made = await service.make(...titles)
  const { db, kit } = service.app.store
  const tables = allTables(kit)
  for (const [index, { id }] of made.entries())
    await db
      .update(tables.todos)
      .set({ position: longest(index), changeNumber: 0 })
      .where(eq(tables.todos.id, id))
  return { ...service, ids: made.map(({ id }) => id) }
}

t.test('a move into a full gap spreads the todos around the gap, and their order stays', async t => {
  const { todos, make, titles, ids } = await serveFullList(t, 'a', 'b', 'c', 'd', 'e', 'f')
  const [x] = await make('x')
  const before = (await todos('GET')).body.items
  const { status, body } = await todos('POST', `/${x.id}/move`, { after: ids[2] })
  t.equal(status, 200)
  t.strictSame(await titles(), ['a', 'b', 'c', 'x', 'd', 'e', 'f'])
  t.strictSame((await todos('GET', `/${x.id}`)).body, body)
  const { items } = (await todos('GET')).body
  t.ok(items.every(({ position }: { position: string }) => position.length === 22 && SHAPE.test(position)))
  for (const { position, etag, ...todo } of items)
    t.match(
      before.find(({ id }: { id: string }) => id === todo.id),
      todo,
      'only position and etag change'
    )
  await make('y')
  t.equal((await titles()).at(-1), 'y', 'a new todo is still the last one')
})

t.test('only the todos next to a full gap change', async t => {
  const { app, todos, make, titles } = await serveSignedIn(t)
  const made = await make(...'abcdefghijklmn')
  const ids = made.map(({ id }) => id)
  const { db, kit } = app.store
  const tables = allTables(kit)
  for (const [index, end] of [
    [6, '1'],
    [7, '2']
  ] as const)
    await db
      .update(tables.todos)
      .set({ position: `${made[5].position.padEnd(MAX_POSITION_LENGTH - 1, '0')}${end}`, changeNumber: 0 })
      .where(eq(tables.todos.id, ids[index]))
  const before = (await todos('GET')).body.items
  t.equal((await todos('POST', `/${ids[0]}/move`, { before: ids[7] })).status, 200)
  t.equal((await titles()).join(''), 'bcdefgahijklmn')
  const { items } = (await todos('GET')).body
  t.strictSame([...items.slice(0, 2), ...items.slice(-3)], [...before.slice(1, 3), ...before.slice(-3)])
})

t.test('todos can move between the last two moved todos without end', async t => {
  const { todos, ids, titles } = await serveFullList(t, 'low', 'high', 'a', 'b', 'c')
  let [low, high, ...others] = ids
  for (let move = 0; move < 200; move++) {
    const [moved] = others.splice(0, 1)
    const { status } = await todos(
      'POST',
      `/${moved}/move`,
      move % 2 === 0 ? { after: low } : { before: high }
    )
    if (status !== 200) t.fail(`move ${move} answers ${status}`)
    if (move % 2 === 0) [low, others] = [moved, [...others, low]]
    else [high, others] = [moved, [...others, high]]
  }
  const order = await titles()
  const names = new Map((await todos('GET')).body.items.map(({ id, title }: Named) => [id, title]))
  t.equal(order.indexOf(names.get(low) as string) + 1, order.indexOf(names.get(high) as string))
})

t.test('parallel moves into a full gap all take effect, and lose nothing of others', async t => {
  const { todos, make, ids, titles } = await serveFullList(t, 'a', 'b', 'c')
  const others = await make(...'uvwxyz')
  const moves = others.map(({ id }, index) =>
    todos('POST', `/${id}/move`, index % 2 === 0 ? { after: ids[0] } : { before: ids[1] })
  )
  const changes = ids.map(id => todos('PATCH', `/${id}`, { description: 'changed meanwhile' }))
  for (const { status } of await Promise.all([...moves, ...changes])) t.equal(status, 200)
  const order = await titles()
  t.strictSame([order.at(0), ...order.slice(-2)], ['a', 'b', 'c'])
  const { items } = (await todos('GET')).body
  t.equal(new Set(items.map(({ position }: { position: string }) => position)).size, 9)
  for (const id of ids) t.match((await todos('GET', `/${id}`)).body, { description: 'changed meanwhile' })
})

t.test('a batch moves todos into a full gap between todos that it has changed', async t => {
  const { todos, make, ids, titles } = await serveFullList(t, 'a', 'b', 'c')
  const [x, y] = await make('x', 'y')
  const operations = [
    { op: 'create', todo: { title: 'z' } },
    { op: 'patch', id: ids[1], changes: { done: true } },
    { op: 'move', id: x.id, after: ids[0] },
    { op: 'delete', id: ids[2] },
    { op: 'move', id: y.id, before: ids[1] }
  ]
  t.equal((await todos('POST', '/batch', { operations, validateOnly: true })).status, 200)
  t.strictSame(await titles(), ['a', 'b', 'c', 'x', 'y'])
  t.equal((await todos('POST', '/batch', { operations })).status, 200)
  t.strictSame(await titles(), ['a', 'x', 'y', 'b', 'z'])
  t.match((await todos('GET', `/${ids[1]}`)).body, { done: true })
})

t.test('the number of todos that make room is bounded', async t => {
  const { call, token, todos, make } = await serveSignedIn(t)
  const lines = Array.from({ length: 600 }, (_, index) => ({ title: `${index}`, position: longest(index) }))
  const body = lines.map(line => JSON.stringify(line)).join('\n')
  const headers = { 'content-type': 'application/x-ndjson' }
  t.equal((await call('POST', '/api/todos/import', { token, body, headers })).body.created, 600)
  const [x] = await make('x')
  const search = async (title: string) => (await todos('GET', `?q=${title}`)).body.items[0]
  const anchor = await search('300')
  const answer = await todos('POST', `/${x.id}/move`, { after: anchor.id })
  const detail =
    'names a todo with too many others right beside it; move the todo elsewhere, or move some of those first'
  t.strictSame(answer.body, invalid(answer, { pointer: '/after', detail }))
  t.strictSame(await search('300'), anchor)
})

t.test('parallel moves to one target give each todo its own position and change no other todo', async t => {
  const { clock, todos, make } = await serveSignedIn(t)
  const [a, b, ...others] = await make(...'abcdefgh')
  clock.advance(60)
  for (let round = 0; round < 15; round++)
    for (const place of [{ after: a.id }, { before: b.id }, { to: 'top' }, { to: 'bottom' }]) {
      const answers = await Promise.all(others.map(({ id }) => todos('POST', `/${id}/move`, place)))
      const positions = new Set(answers.map(({ body }) => body.position))
      if (positions.size !== others.length) t.fail(JSON.stringify(answers))
    }
  const { items } = (await todos('GET')).body
  const one = (id: string) => items.find((todo: { id: string }) => todo.id === id)
  t.strictSame([one(a.id), one(b.id)], [a, b])
  for (const todo of others)
    t.strictSame(one(todo.id), { ...todo, position: one(todo.id).position, etag: one(todo.id).etag })
})

t.test('a restored todo gets its own position, even if another todo has moved to its place', async t => {
  const { todos, make, titles } = await serveSignedIn(t)
  const [a, b, c, d] = await make('a', 'b', 'c', 'd')
  await todos('POST', `/${c.id}/move`, { after: a.id })
  await todos('DELETE', `/${c.id}`)
  await todos('POST', `/${b.id}/move`, { after: a.id })
  await todos('POST', `/${d.id}/move`, { after: a.id })
  await todos('POST', `/${c.id}/restore`)
  await todos('POST', `/${b.id}/move`, { after: c.id })
  const order = await titles()
  t.equal(order.indexOf('b'), order.indexOf('c') + 1)
})
