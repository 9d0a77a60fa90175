import { randomUUID } from 'node:crypto'
import t from 'tap'
import { serveSignedIn } from './signed-in.ts'

const HOUR = 3600
/** A token from before the clock was put back is let in, for its lifetime is longer than that. */
const LONG_TOKENS = { ACCESS_TOKEN_TTL: '86400' }

t.test('a new todo is below all others, even if the clock was put back', async t => {
  const { clock, todos, make, titles } = await serveSignedIn(t, LONG_TOKENS)
  await make('a', 'b')
  clock.advance(-HOUR)
  await make('c')
  const { body: done } = await todos('POST', '', { title: 'd', done: true })
  t.match(done, { createdAt: '2025-12-31T23:00:00.000Z', completedAt: '2025-12-31T23:00:00.000Z' })
  const operations = ['e', 'f', 'g'].map(title => ({ op: 'create', todo: { title } }))
  t.equal((await todos('POST', '/batch', { operations })).status, 200)
  clock.advance(-HOUR)
  const parallel = await Promise.all(['h', 'i', 'j'].map(title => todos('POST', '', { title })))
  t.ok(parallel.every(({ status }) => status === 201))
  t.strictSame((await titles()).slice(0, 7), [...'abcdefg'])
  const { items } = (await todos('GET')).body
  t.equal(new Set(items.map(({ position }: { position: string }) => position)).size, 10)
  clock.advance(HOUR)
  await make('k')
  t.equal((await titles()).at(-1), 'k')
})

t.test('a new todo is below a todo with a position ahead of the clock', async t => {
  const { call, token, todos, titles } = await serveSignedIn(t)
  const ahead = ['V'.padEnd(22, 'z'), 'm'.padEnd(38, 'A'), 'y'.padEnd(21, 'z').padEnd(22, 'y')]
  for (const [index, position] of ahead.entries()) {
    const body = JSON.stringify({ title: `ahead ${index}`, position })
    const headers = { 'content-type': 'application/x-ndjson' }
    t.match(await call('POST', '/api/todos/import', { token, body, headers }), { body: { created: 1 } })
    await todos('POST', '', { title: `new ${index}` }, { 'idempotency-key': `key ${index}` })
  }
  t.strictSame(
    await titles(),
    ahead.flatMap((_, index) => [`ahead ${index}`, `new ${index}`])
  )
  const { items } = (await todos('GET')).body
  const again = await todos('POST', '', { title: 'new 2' }, { 'idempotency-key': 'key 2' })
  t.strictSame(again.body, items.at(-1))
  await todos('POST', `/${items[0].id}/move`, { to: 'bottom' })
  t.match(await todos('POST', '', { title: 'last' }), { status: 201 })
  t.strictSame((await titles()).slice(-3), ['new 2', 'ahead 0', 'last'])
})

t.test('a batch that creates a todo and moves or deletes the last one keeps the order', async t => {
  const { clock, todos, make, titles } = await serveSignedIn(t, LONG_TOKENS)
  const [a, b] = await make('a', 'b')
  clock.advance(-HOUR)
  const batch = (...operations: object[]) => todos('POST', '/batch', { operations })
  const create = (title: string) => ({ op: 'create', todo: { title } })
  await batch(create('c'), { op: 'move', id: a.id, to: 'bottom' }, create('d'))
  t.strictSame(await titles(), ['b', 'c', 'a', 'd'])
  await batch({ op: 'move', id: b.id, to: 'bottom' }, create('e'), { op: 'move', id: b.id, to: 'bottom' })
  t.strictSame(await titles(), ['c', 'a', 'd', 'e', 'b'])
  await batch({ op: 'delete', id: b.id }, create('f'))
  t.strictSame(await titles(), ['c', 'a', 'd', 'e', 'f'])
  await todos('POST', `/${b.id}/restore`)
  t.strictSame((await titles()).toSorted(), ['a', 'b', 'c', 'd', 'e', 'f'])
})

t.test('the times of a todo never go back', async t => {
  const { clock, todos, make } = await serveSignedIn(t, LONG_TOKENS)
  const AT = '2026-01-01T00:00:00.000Z'
  const [a, b, c] = await make('a', 'b', 'c')
  clock.advance(-HOUR)
  const times = { createdAt: AT, updatedAt: AT }
  const changes: [string, string, object | undefined, object][] = [
    ['PATCH', '', { title: 'x' }, { ...times, title: 'x', completedAt: null }],
    ['PATCH', '', { description: 'y' }, { ...times, description: 'y' }],
    ['PUT', '', { title: 'x', done: true }, { ...times, description: null, completedAt: AT }],
    ['PATCH', '', { due: { date: '2026-03-29' } }, { ...times, completedAt: AT }],
    ['PATCH', '', { done: false }, { ...times, completedAt: null }],
    ['DELETE', '', undefined, { ...times, deletedAt: AT }],
    ['POST', '/restore', undefined, { ...times, deletedAt: null }]
  ]
  for (const [method, path, body, expected] of changes) {
    const { body: before } = await todos('GET', `/${a.id}`)
    const answer = await todos(method, `/${a.id}${path}`, body)
    t.match(answer, { status: 200, body: expected }, `${method} ${JSON.stringify(body)}`)
    t.not(answer.body.etag, before.etag)
    if (method !== 'DELETE') t.strictSame((await todos('GET', `/${a.id}`)).body, answer.body)
  }

  const sweep = (operation: object) => todos('POST', '/batch', { operations: [operation] })
  const one = (id: string) => async () => (await todos('GET', `/${id}`)).body
  const all = { updatedAfter: '2020-01-01T00:00:00Z' }
  t.match(await sweep({ op: 'patch', where: all, changes: { done: true } }), {
    body: { results: [{ count: 3 }] }
  })
  t.match(await one(b.id)(), { ...times, completedAt: AT })
  await sweep({ op: 'patch', where: all, changes: { done: false } })
  t.match(await one(c.id)(), { ...times, completedAt: null })
  clock.advance(HOUR + 60)
  const later = '2026-01-01T00:01:00.000Z'
  await sweep({ op: 'patch', where: all, changes: { done: true } })
  t.match(await one(b.id)(), { createdAt: AT, updatedAt: later, completedAt: later })
  clock.advance(-HOUR)
  await sweep({ op: 'delete', where: { done: true } })
  const { items } = (await todos('GET', '?deleted=true')).body
  t.match(
    items,
    [a, b, c].map(() => ({ updatedAt: later, deletedAt: later }))
  )
})

t.test('changes of a todo from the future keep its times in order', async t => {
  const { call, token, todos } = await serveSignedIn(t)
  const made = '2026-02-02T00:00:00.000Z'
  const lines = ['a', 'b'].map(title => JSON.stringify({ title, createdAt: made }))
  const headers = { 'content-type': 'application/x-ndjson' }
  await call('POST', '/api/todos/import', { token, body: lines.join('\n'), headers })
  const [a, b] = (await todos('GET')).body.items
  t.match(a, { createdAt: made, updatedAt: made }, 'nothing before it was made')
  t.match((await todos('PATCH', `/${a.id}`, { done: true })).body, { updatedAt: made, completedAt: made })
  await todos('POST', '/batch', { operations: [{ op: 'delete', where: { done: false } }] })
  t.match((await todos('GET', '?deleted=true')).body.items, [{ id: b.id, updatedAt: made, deletedAt: made }])
})

t.test('missing times of an imported line fit its other times', async t => {
  const { call, token, todos } = await serveSignedIn(t)
  const now = '2026-01-01T00:00:00.000Z'
  const [before, after] = ['2025-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z']
  const cases: [line: object, expected: object][] = [
    [{ createdAt: after }, { createdAt: after, updatedAt: after }],
    [
      { createdAt: after, done: true },
      { updatedAt: after, completedAt: after }
    ],
    [
      { createdAt: before, done: true },
      { createdAt: before, updatedAt: now, completedAt: now }
    ],
    [{ updatedAt: before }, { createdAt: before, updatedAt: before }],
    [
      { updatedAt: before, done: true },
      { createdAt: before, updatedAt: before, completedAt: before }
    ],
    [{ updatedAt: after }, { createdAt: now, updatedAt: after }],
    [
      { done: true, completedAt: before },
      { createdAt: before, updatedAt: now, completedAt: before }
    ],
    [
      { done: true, completedAt: after },
      { createdAt: now, updatedAt: after, completedAt: after }
    ],
    [{ deletedAt: before }, { createdAt: before, updatedAt: now, deletedAt: before }],
    [{ deletedAt: after }, { createdAt: now, updatedAt: after, deletedAt: after }]
  ]
  const headers = { 'content-type': 'application/x-ndjson' }
  for (const [line, expected] of cases) {
    const id = randomUUID()
    const body = JSON.stringify({ id, title: 'x', ...line })
    t.equal((await call('POST', '/api/todos/import', { token, body, headers })).status, 200)
    const { items } = (await todos('GET', 'deletedAt' in line ? '?deleted=true' : '')).body
    t.match(
      items.find((item: { id: string }) => item.id === id),
      expected,
      body
    )
  }
})
