import t from 'tap'
import type { TodoPatch } from '../../src/todos/content/content.ts'
import { POSITION_PATTERN } from '../../src/todos/order/position.ts'
import { createTodos } from '../../src/todos/todos.ts'
import { type Answer, expectedProblem, serve } from '../support/service.ts'
import { STANDALONE } from './signed-in.ts'

const MISSING = '01a20996-fb6c-78b7-96ed-227b58a269d2'

/** A service with a signed-in user, and calls on the todos of that user. */
async function signedIn(t: Parameters<typeof serve>[0]) {
  const service = await serve(t)
  const { accessToken: token } = await service.signUp()
  const todos = (method: string, path = '', body?: unknown, headers: Record<string, string> = {}) =>
    service.call(method, `/api/todos${path}`, { token, body, headers })
  return { ...service, todos }
}

const invalid = (answer: Answer, ...errors: object[]) =>
  expectedProblem(answer, 400, 'validation_failed', { errors })

t.test('the life of a todo', async t => {
  const { clock, todos } = await signedIn(t)
  const made = await todos('POST', '', { title: ' Buy milk\n', description: 'Oat, not cow' })
  const { id } = made.body
  t.match(made, {
    status: 201,
    headers: { location: `/api/todos/${id}`, 'cache-control': 'private, no-cache' }
  })
  t.match(id, /^[0-9a-f-]{14}7/, 'a UUIDv7')
  const start = '2026-01-01T00:00:00.000Z'
  const { position, etag } = made.body
  const todo = {
    id,
    title: 'Buy milk',
    description: 'Oat, not cow',
    done: false,
    due: null,
    priority: 'none',
    tags: [],
    ...STANDALONE,
    position,
    createdAt: start,
    updatedAt: start,
    completedAt: null,
    deletedAt: null,
    etag
  }
  t.match(position, new RegExp(POSITION_PATTERN))
  t.match(etag, /^"[0-9a-f-]{36}"$/)
  t.equal(made.headers.etag, etag)
  t.strictSame(made.body, todo)
  t.strictSame((await todos('GET', `/${id}`)).body, todo)

  clock.advance(60)
  const patched = await todos('PATCH', `/${id}`, { done: true })
  const done = {
    ...todo,
    done: true,
    updatedAt: '2026-01-01T00:01:00.000Z',
    completedAt: '2026-01-01T00:01:00.000Z',
    etag: patched.headers.etag
  }
  t.equal(patched.status, 200)
  t.strictSame(patched.body, done)
  t.not(done.etag, etag)

  clock.advance(60)
  const replaced = await todos('PUT', `/${id}`, { title: 'Buy bread', done: true })
  t.equal(replaced.status, 200)
  const bread = {
    ...done,
    title: 'Buy bread',
    description: null,
    updatedAt: '2026-01-01T00:02:00.000Z',
    etag: replaced.headers.etag
  }
  t.strictSame(replaced.body, bread, 'since when it is done stays')
  const undone = (await todos('PUT', `/${id}`, { id, title: 'Buy bread' })).body
  t.strictSame(undone, { ...bread, done: false, completedAt: null, etag: undone.etag })

  const head = await todos('HEAD', `/${id}`)
  t.match(head, { status: 200, body: '' }, 'HEAD as GET without content')

  const removed = await todos('DELETE', `/${id}`)
  t.equal(removed.status, 200)
  t.strictSame(
    removed.body,
    { ...undone, deletedAt: '2026-01-01T00:02:00.000Z', etag: removed.headers.etag },
    'the deleted todo is the answer'
  )
  for (const method of ['GET', 'DELETE']) {
    const gone = await todos(method, `/${id}`)
    t.strictSame(gone.body, expectedProblem(gone, 404, 'todo_not_found'))
  }
})

t.test('a todo that is created as done has a completion time', async t => {
  const { todos } = await signedIn(t)
  const { body } = await todos('POST', '', { title: 'x', done: true, description: null })
  t.match(body, { done: true, completedAt: body.createdAt })
})

t.test('[RFC 7396] a patch changes what it names and nothing else', async t => {
  const { clock, todos } = await signedIn(t)
  const { body: todo } = await todos('POST', '', { title: 'a', description: 'b', done: true })
  const [date, time] = [
    { date: '2026-03-29' },
    { dateTime: '2026-03-29T02:30:00', timeZone: 'Europe/Berlin' }
  ]
  const patches: [object, object][] = [
    [{ title: 'A' }, { title: 'A' }],
    [{ description: '' }, { description: '' }],
    [{ description: null }, { description: null }],
    [{ done: false }, { done: false, completedAt: null }],
    [{ priority: 'high' }, { priority: 'high' }],
    [{ priority: null }, { priority: 'none' }],
    [{ tags: ['b', 'a'] }, { tags: ['a', 'b'] }],
    [{ tags: null }, { tags: [] }],
    [{ due: date }, { due: date }],
    [{ due: time }, { due: time }],
    [{ due: { timeZone: 'Asia/Tokyo' } }, { due: { ...time, timeZone: 'Asia/Tokyo' } }],
    [
      { due: { date: null, dateTime: time.dateTime, timeZone: 'Asia/Kolkata' } },
      { due: { ...time, timeZone: 'Asia/Kolkata' } }
    ],
    [{ due: { ...date, dateTime: null, timeZone: null } }, { due: date }],
    [{ due: null }, { due: null }],
    [
      { due: date, tags: ['x'], priority: 'low' },
      { due: date, tags: ['x'], priority: 'low' }
    ],
    [
      { title: 'a', description: 'b' },
      { title: 'a', description: 'b' }
    ]
  ]
  let expected = todo
  for (const [patch, effect] of patches) {
    clock.advance(1)
    const answer = await todos('PATCH', `/${todo.id}`, patch, {
      'content-type': 'application/merge-patch+json'
    })
    t.not(answer.body.etag, expected.etag)
    expected = { ...expected, ...effect, updatedAt: clock.now().toISOString(), etag: answer.headers.etag }
    t.equal(answer.status, 200)
    t.strictSame(answer.body, expected, JSON.stringify(patch))
  }

  clock.advance(1)
  const nothings = [
    {},
    { title: ' a ' },
    { done: false },
    { description: 'b' },
    { due: {} },
    { due: date },
    { due: { dateTime: null, timeZone: null } }
  ]
  for (const nothing of [...nothings, { tags: ['x'], priority: 'low' }])
    t.strictSame(
      (await todos('PATCH', `/${todo.id}`, nothing)).body,
      expected,
      'nothing changes, not even updatedAt'
    )
})

t.test('a patch cannot clear the title, which has no default', async t => {
  const { todos } = await signedIn(t)
  const { body: todo } = await todos('POST', '', { title: 'a' })
  const answer = await todos('PATCH', `/${todo.id}`, { title: null, done: null })
  t.strictSame(answer.body, invalid(answer, { pointer: '/title', detail: 'must be of type string' }))
  t.strictSame((await todos('GET', `/${todo.id}`)).body, todo)
})

t.test('parallel patches of different fields all take effect', async t => {
  const { todos } = await signedIn(t)
  const { body: todo } = await todos('POST', '', { title: 'a' })
  const patches = [{ title: 'b' }, { description: 'c' }, { done: true }]
  const answers = await Promise.all(patches.map(patch => todos('PATCH', `/${todo.id}`, patch)))
  t.strictSame(
    answers.map(({ status }) => status),
    [200, 200, 200]
  )
  t.match((await todos('GET', `/${todo.id}`)).body, { title: 'b', description: 'c', done: true })
})

t.test('an update that conflicts with another one runs again on its result', async t => {
  const { app, signUp } = await serve(t)
  const todos = createTodos(app.store, (await signUp()).user.id)
  const { id } = (await todos.create({ title: 'a' })).answer
  const change = (changes: TodoPatch) => todos.edit(({ patch }) => patch(id, changes))
  await Promise.all([change({ title: 'b' }), change({ description: 'c' })])
  t.match(await todos.get(id), { title: 'b', description: 'c' })
})

t.test('every wrong field is named at once', async t => {
  const { todos } = await signedIn(t)
  const { body: todo } = await todos('POST', '', { title: 'a' })
  const title = 'is not accepted; give a text of 1 to 500 characters, not counting white space around it'
  const description = 'is not accepted; give a text of at most 16384 characters, or null for none'
  const cases: [unknown, ...object[]][] = [
    [{ title: '' }, { pointer: '/title', detail: title }],
    [{ title: ' \n\t ' }, { pointer: '/title', detail: title }],
    [{ title: 'x'.repeat(501) }, { pointer: '/title', detail: title }],
    [
      { title: 'x', description: 'x'.repeat(16_385) },
      { pointer: '/description', detail: description }
    ],
    [
      { title: 'x', done: 'false' },
      { pointer: '/done', detail: 'must be of type boolean' }
    ],
    [
      { title: 1, descripton: 'x', done: 0 },
      { pointer: '/descripton', detail: 'is not known; did you mean description?' },
      { pointer: '/title', detail: 'must be of type string' },
      { pointer: '/done', detail: 'must be of type boolean' }
    ],
    [
      { title: 'x', createdAt: todo.createdAt },
      {
        pointer: '/createdAt',
        detail:
          'is not known; known are id, title, description, done, due, priority, tags, repeat, listId, parentId'
      }
    ],
    [[], { pointer: '', detail: 'must be of type object' }],
    ['"text"', { pointer: '', detail: 'must be of type object' }]
  ]
  for (const [body, ...errors] of cases) {
    const answer = await todos('POST', '', body)
    t.strictSame(answer.body, invalid(answer, ...errors), JSON.stringify(body).slice(0, 60))
  }
  const empty = await todos('POST', '', {})
  t.strictSame(empty.body, invalid(empty, { pointer: '/title', detail: 'is required' }))

  const other = await todos('PUT', `/${todo.id}`, { id: MISSING, title: 'x' })
  const detail = 'is not the id in the path; leave it out, or give that one'
  t.strictSame(other.body, invalid(other, { pointer: '/id', detail }))
  t.strictSame((await todos('GET')).body.items, [todo], 'nothing was written')
})

t.test('values at the limit of each field are accepted and come back unchanged', async t => {
  const { todos } = await signedIn(t)
  const contents = [
    { title: 'x', description: '' },
    { title: '🦆'.repeat(500), description: 'y'.repeat(16_384) },
    { title: `x${' '.repeat(498)}y`, description: ' \t\r\n\u2028 ' },
    { title: 'e\u0301 é İ ß', description: '🏳️‍🌈' }
  ]
  for (const content of contents) {
    const { body, status } = await todos('POST', '', { ...content, title: `\u3000 ${content.title}\n` })
    t.equal(status, 201)
    t.match((await todos('GET', `/${body.id}`)).body, content)
  }
})

t.test("another user's todo answers like a missing todo", async t => {
  const { call, signUp, todos } = await signedIn(t)
  const { accessToken: token } = await signUp()
  const { body: todo } = await todos('POST', '', { title: 'mine' })
  const calls: [string, unknown?][] = [
    ['GET'],
    ['DELETE'],
    ['PATCH', { title: 'x' }],
    ['PUT', { title: 'x' }]
  ]
  for (const [method, body] of calls) {
    const others = await call(method, `/api/todos/${todo.id}`, { token, body })
    const missing = await call(method, `/api/todos/${MISSING}`, { token, body })
    t.strictSame(missing.body, expectedProblem(missing, 404, 'todo_not_found'))
    t.strictSame(others.body, { ...missing.body, instance: others.body.instance }, method)
    t.strictSame(
      { ...others.headers, date: '', 'x-request-id': '' },
      { ...missing.headers, date: '', 'x-request-id': '' }
    )
  }
  t.strictSame((await call('GET', '/api/todos', { token })).body, { items: [], nextCursor: null })
  t.strictSame((await todos('GET', `/${todo.id}`)).body, todo)
})

t.test('without a token the answer reveals nothing, not even errors of the body', async t => {
  const { call } = await serve(t)
  for (const [method, path] of [
    ['GET', ''],
    ['POST', ''],
    ['GET', '/x'],
    ['PUT', '/x'],
    ['PATCH', '/x'],
    ['DELETE', '/x']
  ])
    t.equal((await call(`${method}`, `/api/todos${path}`)).body.code, 'authentication_required')
})

t.test('an invalid id is named', async t => {
  const { todos } = await signedIn(t)
  const answer = await todos('GET', '/17')
  t.strictSame(answer.body, invalid(answer, { parameter: 'id', detail: 'is not accepted; give a UUID' }))
})

t.test('DELETE accepts a JSON content type without a body', async t => {
  const { todos } = await signedIn(t)
  const { body } = await todos('POST', '', { title: 'x' })
  t.equal(
    (await todos('DELETE', `/${body.id}`, undefined, { 'content-type': 'application/json' })).status,
    200
  )
})
