import t from 'tap'
import { invalid, MISSING_ID, serveSignedIn } from '../signed-in.ts'

t.test('a todo moves to its target, and no other todo changes', async t => {
  const { clock, todos, make, titles } = await serveSignedIn(t)
  const made = await make('a', 'b', 'c', 'd')
  const [a, b, c, d] = made.map(({ id }) => id)
  clock.advance(60)
  const moves: [string, object, string][] = [
    [d, { after: a }, 'adbc'],
    [a, { before: c }, 'dbac'],
    [c, { to: 'top' }, 'cdba'],
    [d, { to: 'bottom' }, 'cbad'],
    [b, { before: c }, 'bcad'],
    [a, { after: d }, 'bcda'],
    [b, { to: 'bottom' }, 'cdab'],
    [b, { to: 'top' }, 'bcda']
  ]
  for (const [id, place, order] of moves) {
    const before = (await todos('GET')).body.items
    const answer = await todos('POST', `/${id}/move`, place)
    const { position, etag } = answer.body
    const present = before.find((todo: { id: string }) => todo.id === id)
    t.equal(answer.status, 200)
    t.not(etag, present.etag)
    t.equal(answer.headers.etag, etag)
    t.strictSame(answer.body, { ...present, position, etag }, 'updatedAt stays')
    const { items } = (await todos('GET')).body
    t.equal(items.map(({ title }: { title: string }) => title).join(''), order)
    for (const todo of items)
      if (todo.id !== id) t.ok(before.some((other: object) => JSON.stringify(other) === JSON.stringify(todo)))
  }
  await make('e')
  t.strictSame(await titles(), ['b', 'c', 'd', 'a', 'e'], 'a new one is below all of them')
  t.strictSame(await titles('?sort=-position'), ['e', 'a', 'd', 'c', 'b'])
})

t.test('a todo that is at its target already stays unchanged', async t => {
  const { todos, make } = await serveSignedIn(t)
  const [a, b, c] = await make('a', 'b', 'c')
  const moves: [{ id: string }, object][] = [
    [a, { to: 'top' }],
    [c, { to: 'bottom' }],
    [b, { after: a.id }],
    [b, { before: c.id }],
    [b, { after: b.id }],
    [b, { before: b.id }]
  ]
  for (const [todo, place] of moves)
    t.strictSame((await todos('POST', `/${todo.id}/move`, place)).body, todo, JSON.stringify(place))
})

t.test('the only todo of a list can move to the top and the bottom', async t => {
  const { todos, make, titles } = await serveSignedIn(t)
  const [a] = await make('a')
  for (const to of ['top', 'bottom']) t.equal((await todos('POST', `/${a.id}/move`, { to })).status, 200)
  t.strictSame(await titles(), ['a'])
})

t.test('a target that does not exist is named', async t => {
  const { call, signUp, todos, make } = await serveSignedIn(t)
  const [a] = await make('a')
  const { accessToken: token } = await signUp()
  const { body: others } = await call('POST', '/api/todos', { token, body: { title: 'x' } })
  for (const member of ['after', 'before'])
    for (const id of [MISSING_ID, others.id]) {
      const answer = await todos('POST', `/${a.id}/move`, { [member]: id })
      t.strictSame(
        answer.body,
        invalid(answer, { pointer: `/${member}`, detail: 'names no todo of the list' })
      )
    }
  const cases = [
    [
      {},
      '',
      'is not accepted; give { after } or { before } with the id of another todo, or { to } with top or bottom; listId and parentId for another list or parent'
    ],
    [{ to: 'middle' }, '/to', 'is not accepted; give top or bottom'],
    [{ after: a.id, to: 'top' }, '', 'has several of after, before and to; give one'],
    [{ after: 7 }, '/after', 'must be of type string']
  ] as const
  for (const [target, pointer, detail] of cases) {
    const answer = await todos('POST', `/${a.id}/move`, target)
    t.strictSame(answer.body, invalid(answer, { pointer, detail }), JSON.stringify(target))
  }
})

t.test('parallel moves to one target give each todo its own position', async t => {
  const { todos, make } = await serveSignedIn(t)
  const [a, ...others] = await make(...'abcdefgh')
  const places = [{ after: a.id }, { to: 'top' }, { to: 'bottom' }]
  for (const place of places) {
    const answers = await Promise.all(others.map(({ id }) => todos('POST', `/${id}/move`, place)))
    t.ok(answers.every(({ status }) => status === 200))
    const positions = (await todos('GET')).body.items.map(({ position }: { position: string }) => position)
    t.equal(new Set(positions).size, 8)
  }
})
