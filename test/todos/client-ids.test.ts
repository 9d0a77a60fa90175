import t, { type Test } from 'tap'
import { type Answer, expectedProblem } from '../support/service.ts'
import { invalid, MISSING_ID, serveSignedIn } from './signed-in.ts'

const ID = '0199c3e0-1234-7abc-8def-0123456789ab'
const V4 = 'b2f7c1de-9a4e-4c1b-8f1e-2d3c4b5a6978'

const taken = (answer: Answer, pointer = '/id', rest: object = {}) =>
  expectedProblem(answer, 409, 'todo_exists', {
    errors: [{ pointer, detail: 'is the id of a todo that is there already; leave it out, or give another' }],
    ...rest
  })

async function serveBatches(t: Test) {
  const service = await serveSignedIn(t)
  const batch = (...operations: object[]) => service.todos('POST', '/batch', { operations })
  return { ...service, batch }
}

t.test('a client may choose the id of a new todo', async t => {
  const { todos, make, titles } = await serveSignedIn(t)
  await make('a')
  const made = await todos('POST', '', { id: ID.toUpperCase(), title: 'b' })
  t.equal(made.status, 201)
  t.equal(made.headers.location, `/api/todos/${ID}`)
  t.match(made.body, { id: ID, title: 'b' })
  t.not(made.body.etag, `"${ID}"`, 'the state has a name of its own')
  await todos('POST', '', { id: V4, title: 'c' })
  await make('d')
  t.strictSame(await titles(), ['a', 'b', 'c', 'd'], 'whatever the id, a new todo is below all others')
  t.strictSame((await todos('GET', `/${ID}`)).body, made.body)
})

t.test('an id is that of one todo', async t => {
  const { todos, titles, batch } = await serveBatches(t)
  const first = await todos('POST', '', { id: ID, title: 'a' })
  for (const id of [ID, ID.toUpperCase()]) {
    const again = await todos('POST', '', { id, title: 'b' })
    t.strictSame(again.body, taken(again))
  }
  const second = await batch(
    { op: 'create', todo: { title: 'b' } },
    { op: 'create', todo: { id: ID, title: 'c' } }
  )
  t.strictSame(second.body, taken(second, '/operations/1/todo/id', { index: 1 }))
  await todos('DELETE', `/${ID}`)
  const inTrash = await todos('POST', '', { id: ID, title: 'b' })
  t.strictSame(inTrash.body, taken(inTrash), 'also while it is in the trash')
  t.strictSame(await titles(), [])

  await todos('DELETE', `/${ID}?permanent=true`)
  const anew = await todos('POST', '', { id: ID, title: 'a' })
  t.equal(anew.status, 201, 'not any more when it was deleted for good')
  t.not(anew.body.etag, first.body.etag)
})

t.test('parallel creates with one id make one todo', async t => {
  const { todos, titles } = await serveSignedIn(t)
  const answers = await Promise.all(
    Array.from({ length: 5 }, (_, index) => todos('POST', '', { id: ID, title: `${index}` }))
  )
  t.strictSame(answers.map(({ status }) => status).sort(), [201, 409, 409, 409, 409])
  t.equal((await titles()).length, 1)
})

t.test('with an Idempotency-Key a repetition is answered as ever', async t => {
  const { todos, titles } = await serveSignedIn(t)
  const send = () => todos('POST', '', { id: ID, title: 'a' }, { 'idempotency-key': 'k' })
  const [first, second] = [await send(), await send()]
  t.equal(first.status, 201)
  t.equal(second.status, 201)
  t.equal(second.headers['idempotent-replayed'], 'true')
  t.strictSame(second.body, first.body)
  t.strictSame(await titles(), ['a'])
})

t.test('the ids of other users do not matter, nor are they told', async t => {
  const { call, signUp, todos } = await serveSignedIn(t)
  const { accessToken: token } = await signUp()
  await todos('POST', '', { id: ID, title: 'a' })
  const { status, body } = await call('POST', '/api/todos', { token, body: { id: ID, title: 'b' } })
  t.equal(status, 201)
  t.match((await call('GET', `/api/todos/${ID}`, { token })).body, body)
  t.match((await todos('GET', `/${ID}`)).body, { title: 'a' })
})

t.test('what is no UUID is refused', async t => {
  const { todos, batch } = await serveBatches(t)
  for (const id of ['', '1', 'x'.repeat(36), `${ID} `, `{${ID}}`, `urn:uuid:${ID}`]) {
    const answer = await todos('POST', '', { id, title: 'a' })
    t.strictSame(answer.body, invalid(answer, { pointer: '/id', detail: 'is not accepted; give a UUID' }), id)
  }
  for (const id of [null, 7, {}, [ID]]) t.equal((await todos('POST', '', { id, title: 'a' })).status, 400)
  t.equal((await batch({ op: 'create', id: ID, todo: { title: 'a' } })).status, 400, 'it belongs to the todo')
})

t.test('a batch takes ids that it has made itself', async t => {
  const { batch, titles } = await serveBatches(t)
  const answer = await batch(
    { op: 'create', todo: { id: ID, title: 'a' } },
    { op: 'create', todo: { id: V4, title: 'b' } },
    { op: 'patch', id: ID, changes: { done: true } },
    { op: 'move', id: V4, before: ID },
    { op: 'delete', id: ID },
    { op: 'restore', id: ID }
  )
  t.equal(answer.status, 200)
  t.match(answer.body.results.at(-1), { todo: { id: ID, done: true, deletedAt: null } })
  t.strictSame(await titles(), ['b', 'a'])
  const twice = await batch(
    { op: 'create', todo: { id: MISSING_ID, title: 'c' } },
    { op: 'create', todo: { id: MISSING_ID, title: 'd' } }
  )
  t.strictSame(twice.body, taken(twice, '/operations/1/todo/id', { index: 1 }), 'not twice in one batch')
  const nothing = await batch(
    { op: 'create', todo: { title: 'x', id: MISSING_ID } },
    { op: 'purge', id: MISSING_ID }
  )
  t.equal(nothing.status, 200)
  t.strictSame(await titles(), ['b', 'a'])
})

t.test('a batch that deletes a todo for good does not create it anew', async t => {
  const { batch, make, titles, todos } = await serveBatches(t)
  const [{ id }, other] = await make('a', 'b')
  const purge = { op: 'purge', id }
  const create = { op: 'create', todo: { id: id.toUpperCase(), title: 'c' } }
  const detail =
    'is the id of a todo that the same batch deletes for good; create it in another request after that, or give another id'
  for (const operations of [
    [purge, create],
    [{ op: 'delete', id }, { op: 'restore', id }, purge, { op: 'purge', id: other.id }, create],
    [{ op: 'patch', id, changes: { title: 'x' } }, purge, create, purge, create]
  ]) {
    const answer = await batch(...operations)
    const index = operations.indexOf(create)
    t.strictSame(
      answer.body,
      expectedProblem(answer, 409, 'todo_exists', {
        errors: [{ pointer: `/operations/${index}/todo/id`, detail }],
        index
      })
    )
  }
  t.strictSame(await titles(), ['a', 'b'], 'nothing was done')

  await todos('DELETE', `/${id}`)
  const fromTrash = await batch(purge, create)
  t.match(fromTrash.body, { status: 409, errors: [{ detail }] })
  t.equal((await batch(purge)).status, 200)
  t.equal((await batch(create)).status, 200, 'a request later it is free')
  t.strictSame(await titles(), ['b', 'c'])

  const own = { op: 'create', todo: { id: MISSING_ID, title: 'd' } }
  const unmade = await batch(own, { op: 'purge', id: MISSING_ID }, own)
  t.equal(unmade.status, 200, 'what the batch itself has made was never stored')
  t.strictSame(await titles(), ['b', 'c', 'd'])
})

t.test('a batch restores and deletes for good', async t => {
  const { batch, make, titles, todos, clock } = await serveBatches(t)
  const [a, b, c] = await make('a', 'b', 'c')
  await batch({ op: 'delete', ids: [a.id, b.id] })
  clock.advance(60)
  const answer = await batch(
    { op: 'restore', id: a.id },
    { op: 'purge', id: b.id },
    { op: 'purge', id: c.id, ifMatch: c.etag },
    { op: 'restore', id: a.id.toUpperCase() }
  )
  t.equal(answer.status, 200)
  t.match(answer.body.results, [
    { todo: { id: a.id, deletedAt: null } },
    { todo: { id: b.id } },
    { todo: c },
    {}
  ])
  t.strictSame(await titles(), ['a'])
  t.equal((await todos('POST', `/${b.id}/restore`)).status, 404)

  const wrong = await batch({ op: 'restore', id: a.id }, { op: 'purge', id: c.id })
  t.strictSame(wrong.body, expectedProblem(wrong, 404, 'todo_not_found', { index: 1 }))
  const stale = await batch({ op: 'purge', id: a.id, ifMatch: a.etag })
  t.match(stale.body, { status: 412, code: 'precondition_failed', index: 0, current: { id: a.id } })
  for (const operation of [
    { op: 'purge' },
    { op: 'restore', ids: [] },
    { op: 'purge', where: { done: false } },
    { op: 'purge', id: a.id, permanent: true }
  ])
    t.equal((await batch(operation)).status, 400, JSON.stringify(operation))
  t.strictSame(await titles(), ['a'])
})

t.test('a batch that is sent again leaves out what it has deleted for good', async t => {
  const { make, todos } = await serveSignedIn(t)
  const [a, b] = await make('a', 'b')
  const operations = [
    { op: 'purge', id: a.id },
    { op: 'restore', id: b.id }
  ]
  const send = () => todos('POST', '/batch', { operations }, { 'idempotency-key': 'k' })
  t.match((await send()).body.results, [{ todo: a }, { todo: b }])
  t.strictSame((await send()).body.results, [{}, { todo: b }])
})
