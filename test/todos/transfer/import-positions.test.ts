import { eq } from 'drizzle-orm'
import t from 'tap'
import { allTables } from '../../../src/features.ts'
import { MAX_POSITION_LENGTH } from '../../../src/todos/order/position.ts'
import type { Settings } from '../../support/service.ts'
import { crashAtWrite, serveSignedIn } from '../signed-in.ts'

type Test = Parameters<typeof serveSignedIn>[0]

const P = 'V'.padEnd(22, '0')
const Q = 'V'.padEnd(22, '1')

/** A signed-in user, with calls to import lines and to read the whole list. */
async function importer(t: Test, settings: Settings = {}) {
  const service = await serveSignedIn(t, settings)
  const { call, token } = service
  const send = (lines: readonly object[]) =>
    call('POST', '/api/todos/import', {
      token,
      body: lines.map(line => JSON.stringify(line)).join('\n'),
      headers: { 'content-type': 'application/x-ndjson' }
    })
  const list = async () => {
    const items: { id: string; title: string; position: string; etag: string }[] = []
    for (let path = '?limit=200'; ; ) {
      const { body } = await service.todos('GET', path)
      items.push(...body.items)
      if (!body.nextCursor) return items
      path = `?limit=200&cursor=${body.nextCursor}`
    }
  }
  return { ...service, send, list }
}

const idOf = (n: number) => `01a20996-fb6c-78b7-96ed-${String(n).padStart(12, '0')}`

t.test('todos with the same position get their own positions, in the order of the lines', async t => {
  const { send, list, todos, make, titles } = await importer(t)
  const [other] = await make('other')
  const lines = ['a', 'b', 'c'].map((title, index) => ({ id: idOf(9 - index), title, position: P }))
  t.strictSame((await send([...lines, { title: 'd', position: Q }])).body, { created: 4, existing: 0 })
  t.strictSame(await titles(), ['a', 'b', 'c', 'd', 'other'])
  t.match(await list(), [{ position: P }, { position: /^V0{21}[\w-]{16}$/ }, {}, { position: Q }])

  const before = await list()
  t.strictSame((await send(lines)).body, { created: 0, existing: 3 })
  t.strictSame(await list(), before, 'the same lines again change nothing')

  const [a, b, c] = before.map(({ id }) => id)
  for (const [place, order] of [
    [{ after: a }, ['a', 'other', 'b', 'c', 'd']],
    [{ after: b }, ['a', 'b', 'other', 'c', 'd']],
    [{ before: c }, ['a', 'b', 'other', 'c', 'd']],
    [{ before: b }, ['a', 'other', 'b', 'c', 'd']]
  ] as const) {
    t.match(await todos('POST', `/${other.id}/move`, place), { status: 200 })
    t.strictSame(await titles(), order, JSON.stringify(place))
  }
  const others = (items: { id: string }[]) => items.filter(({ id }) => id !== other.id)
  t.strictSame(others(await list()), others(before), 'no other todo has changed')
})

t.test('a todo of the list keeps its position when a line has the same one', async t => {
  const { send, list, todos, make, titles } = await importer(t)
  const [a, b, c] = await make('a', 'b', 'c')
  // A todo that was moved between two others is nearer than they are.
  await send([{ title: 'child', position: `${a.position}0${'-'.repeat(15)}` }])
  const copies = [c, b, a].map(({ title, position }) => ({ title: `copy of ${title}`, position }))
  t.strictSame((await send(copies)).body, { created: 3, existing: 0 })
  t.strictSame(await titles(), ['a', 'copy of a', 'child', 'b', 'copy of b', 'c', 'copy of c'])
  t.strictSame(
    (await list()).find(({ id }) => id === a.id),
    a
  )
  await todos('POST', `/${c.id}/move`, { after: a.id })
  t.strictSame((await titles()).slice(0, 3), ['a', 'c', 'copy of a'])
})

t.test('positions keep the order of many lines, even when a broken import is repeated', async t => {
  const { app, send, list } = await importer(t)
  const lines = Array.from({ length: 350 }, (_, n) => ({ id: idOf(999 - n), title: `${n}`, position: P }))
  crashAtWrite(app.store, 3)
  t.equal((await send(lines)).status, 500)
  const { length } = await list()
  t.ok(length > 0 && length < 350)
  t.strictSame((await send(lines)).body, { created: 350 - length, existing: length })
  const items = await list()
  t.strictSame(
    items.map(({ title }) => title),
    lines.map(({ title }) => title)
  )
  t.equal(new Set(items.map(({ position }) => position)).size, 350)
})

t.test('lines without a position go to the bottom, in their order', async t => {
  const { clock, send, make, titles } = await importer(t, { ACCESS_TOKEN_TTL: '86400' })
  await make('a')
  clock.advance(-3600)
  await send([{ title: 'b' }, { title: 'c', position: 'y'.padEnd(22, '0') }, { title: 'd' }])
  await make('e')
  await send([{ title: 'f' }])
  t.strictSame(await titles(), ['a', 'b', 'c', 'd', 'e', 'f'])
})

t.test('when no position is left right after another, the next free one is assigned', async t => {
  const { send, titles } = await importer(t)
  const end = 'V'.padEnd(MAX_POSITION_LENGTH - 1, '-')
  const lines = [`${end}0`, `${end}0`, `${end}1`, `${end}0`]
  const sent = await send(lines.map((position, index) => ({ title: `${index}`, position })))
  t.strictSame(sent.body, { created: 4, existing: 0 })
  t.strictSame((await titles()).slice(0, 2), ['0', '2'])
  t.equal((await titles()).length, 4)
})

t.test('restored todos of the same position get their own positions', async t => {
  const { send, list, todos, titles } = await importer(t)
  const deletedAt = '2026-01-01T00:00:00.000Z'
  const trash = [1, 2, 3].map(n => ({ id: idOf(n), title: `${n}`, position: P, deletedAt }))
  const listed = [
    { id: idOf(4), title: 'a', position: P },
    { id: idOf(5), title: 'b', position: Q }
  ]
  await send([...trash, ...listed])
  t.match(await list(), listed)
  for (const n of [1, 2, 3]) t.match(await todos('POST', `/${idOf(n)}/restore`), { status: 200 })
  const order = await titles()
  t.strictSame([order.at(0), order.at(-1)], ['a', 'b'])
  t.equal(new Set((await list()).map(({ position }) => position)).size, 5)
  await todos('POST', `/${idOf(5)}/move`, { after: idOf(2) })
  const moved = await titles()
  t.equal(moved.indexOf('b'), moved.indexOf('2') + 1)
  await todos('DELETE', `/${idOf(1)}`)
  const { body } = await todos('POST', `/${idOf(1)}/restore`)
  t.match(
    (await list()).find(({ id }) => id === idOf(1)),
    { position: body.position }
  )
})

t.test('a restored todo goes below the last todo, if that has its position', async t => {
  const { send, todos, titles } = await importer(t)
  const deletedAt = '2026-01-01T00:00:00.000Z'
  await send([
    { id: idOf(1), title: 'restored', position: P, deletedAt },
    { id: idOf(2), title: 'last', position: P }
  ])
  t.match(await todos('POST', `/${idOf(1)}/restore`), { status: 200 })
  t.strictSame(await titles(), ['last', 'restored'])
})

/** Todos of the same position, as two parallel imports may leave them. */
async function equals(t: Test, position: string, ...names: string[]) {
  const service = await importer(t)
  const { app, make } = service
  const made = await make(...names)
  const { db, kit } = app.store
  const tables = allTables(kit)
  for (const { id } of made)
    await db.update(tables.todos).set({ position, changeNumber: 0 }).where(eq(tables.todos.id, id))
  return { ...service, ids: Object.fromEntries(made.map(({ id, title }) => [title, id])) }
}

t.test('a todo can move between any two todos of the same position', async t => {
  const moves: [string, (ids: Record<string, string>) => object, string][] = [
    ['d', ids => ({ after: ids.a }), 'adbc'],
    ['d', ids => ({ after: ids.b }), 'abdc'],
    ['d', ids => ({ before: ids.b }), 'adbc'],
    ['d', ids => ({ before: ids.c }), 'abdc'],
    ['d', ids => ({ before: ids.a }), 'dabc'],
    ['c', ids => ({ after: ids.a }), 'acbd'],
    ['a', ids => ({ after: ids.b }), 'bacd'],
    ['b', ids => ({ after: ids.a }), 'abcd'],
    ['b', ids => ({ before: ids.c }), 'abcd'],
    ['a', ids => ({ before: ids.d }), 'bcad'],
    ['a', () => ({ to: 'bottom' }), 'bcda'],
    ['c', () => ({ to: 'top' }), 'cabd']
  ]
  for (const [name, place, order] of moves) {
    const { todos, make, titles, ids } = await equals(t, P, 'a', 'b', 'c')
    const [d] = await make('d')
    const all: Record<string, string> = { ...ids, d: d.id }
    const answer = await todos('POST', `/${all[name]}/move`, place(all))
    t.equal(answer.status, 200)
    t.equal(
      (await titles()).join(''),
      order,
      `${name} ${JSON.stringify(place({ a: 'a', b: 'b', c: 'c', d: 'd' }))}`
    )
    t.strictSame((await todos('GET', `/${all[name]}`)).body, answer.body)
  }
})

t.test('moves of a batch among todos of the same position reach their targets', async t => {
  const { todos, titles, ids } = await equals(t, P, 'a', 'b', 'c', 'd')
  const move = (name: string, place: object) => ({ op: 'move', id: ids[name], ...place })
  const operations = [
    move('d', { after: ids.a }),
    move('a', { after: ids.b }),
    { op: 'create', todo: { title: 'e' } }
  ]
  t.equal((await todos('POST', '/batch', { operations })).status, 200)
  t.strictSame(await titles(), ['d', 'b', 'a', 'c', 'e'])
})

t.test('two todos of one longest position make room for a third one between them', async t => {
  const longest = (digit: number) => `${'V'.padEnd(MAX_POSITION_LENGTH - 1, '-')}${digit}`
  const { app, todos, make, titles, ids } = await equals(t, longest(0), 'a', 'b')
  const [c, d] = await make('c', 'd')
  const { db, kit } = app.store
  const tables = allTables(kit)
  await db
    .update(tables.todos)
    .set({ position: longest(1), changeNumber: 0 })
    .where(eq(tables.todos.id, c.id))
  await todos('DELETE', `/${ids.a}`)
  t.match(await todos('POST', `/${ids.a}/restore`), { status: 200 }, 'a restored todo is where it was')
  t.strictSame(await titles(), ['a', 'b', 'c', 'd'])
  t.match(await todos('POST', `/${d.id}/move`, { after: ids.a }), { status: 200 })
  t.strictSame(await titles(), ['a', 'd', 'b', 'c'])
})
