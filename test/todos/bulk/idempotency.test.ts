import t from 'tap'
import { type BoundStatement, NoRowAffected } from '../../../src/db/bound-statement.ts'
import { allTables } from '../../../src/features.ts'
import { withIdempotency } from '../../../src/idempotency/idempotency.ts'
import { runBulkUpdate } from '../../../src/todos/bulk/bulk-update.ts'
import { defaults } from '../../../src/todos/content/content.ts'
import { createTodos } from '../../../src/todos/todos.ts'
import { expectedProblem } from '../../support/service.ts'
import { invalid, serveSignedIn } from '../signed-in.ts'

/** Stores an answer unchanged. */
const asIs = {
  identify: <Answer>(answer: Answer) => answer,
  replay: async <Answer>(answer: Answer) => answer
}

const KEY = '8e03978e-40d5-43e8-bc93-6894a57f9324'

t.test('a repeated create gets the same answer, and there is one todo', async t => {
  const { clock, todos, titles } = await serveSignedIn(t)
  const body = { title: 'a', due: { date: '2026-03-29' }, tags: ['b', 'a'] }
  const first = await todos('POST', '', body, { 'idempotency-key': KEY })
  t.notOk(first.headers['idempotent-replayed'])
  clock.advance(120)
  for (const key of [KEY, `"${KEY}"`]) {
    const again = await todos('POST', '', body, { 'idempotency-key': key })
    t.equal(again.status, 201)
    t.strictSame(again.body, first.body)
    for (const name of ['location', 'etag', 'content-type', 'content-length', 'cache-control'])
      t.equal(again.headers[name], first.headers[name], name)
    t.equal(again.headers['idempotent-replayed'], 'true')
  }
  t.strictSame(await titles(), ['a'])
})

t.test('a replay shows the todo as it is now, and no purged todo', async t => {
  const { app, todos, titles } = await serveSignedIn(t)
  const body = { title: 'a secret that is to be gone' }
  const headers = { 'idempotency-key': KEY }
  const { id } = (await todos('POST', '', body, headers)).body
  const again = () => todos('POST', '', body, headers)

  const changed = await todos('PATCH', `/${id}`, { title: 'b' })
  const now = await again()
  t.match(now, { status: 201, headers: { 'idempotent-replayed': 'true', location: `/api/todos/${id}` } })
  t.strictSame([now.body, now.headers.etag], [changed.body, changed.headers.etag])
  const deleted = await todos('DELETE', `/${id}`)
  t.type(deleted.body.deletedAt, 'string')
  t.strictSame((await again()).body, deleted.body)

  await todos('DELETE', `/${id}?permanent=true`)
  const gone = await again()
  const detail =
    'The first request with this key made the todo, and it was deleted for good since. Nothing was done.'
  t.strictSame(gone.body, expectedProblem(gone, 404, 'todo_not_found', { detail }))
  t.equal(gone.headers['idempotent-replayed'], 'true')
  t.strictSame(await titles(), [])
  t.strictSame((await app.store.db.select().from(allTables(app.store.kit).idempotencyKeys))[0]?.answer, {
    id
  })
})

t.test(
  'a replayed batch shows its todos as they are now; only the ids of created todos are stored',
  async t => {
    const { app, make, todos, titles } = await serveSignedIn(t)
    const [a, b, c] = await make('a', 'b', 'c')
    const headers = { 'idempotency-key': KEY }
    const body = {
      operations: [
        { op: 'create', todo: { title: 'd' } },
        { op: 'patch', ids: [a.id, b.id], changes: { done: true } },
        { op: 'move', id: c.id, to: 'top' },
        { op: 'delete', id: b.id },
        { op: 'create', todo: { title: 'e' } }
      ]
    }
    const { results } = (await todos('POST', '/batch', body, headers)).body
    const [{ todo: d }, , , , { todo: e }] = results
    const kept = await app.store.db.select().from(allTables(app.store.kit).idempotencyKeys)
    t.strictSame(kept[0]?.answer, { createdIds: [d.id, e.id], completionIds: {} })

    const patched = (await todos('PATCH', `/${a.id}`, { title: 'A' })).body
    const deleted = (await todos('GET', '?deleted=true')).body.items[0]
    const moved = results[2].todo
    await todos('DELETE', `/${e.id}?permanent=true`)
    const again = await todos('POST', '/batch', body, headers)
    t.match(again, { status: 200, headers: { 'idempotent-replayed': 'true' } })
    t.strictSame(again.body, {
      results: [{ todo: d }, { todos: [patched, deleted] }, { todo: moved }, { todo: deleted }, {}],
      validateOnly: false
    })
    t.strictSame(await titles(), ['c', 'A', 'd'])

    const ids = (await make(...Array.from({ length: 40 }, (_, n) => `${n}`))).map(({ id }) => id)
    const large = { operations: [{ op: 'patch', ids, changes: { description: 'x'.repeat(16_000) } }] }
    const other = { 'idempotency-key': 'large' }
    const first = await todos('POST', '/batch', large, other)
    t.strictSame((await todos('POST', '/batch', large, other)).body, first.body)
    await todos('DELETE', `/${ids[7]}?permanent=true`)
    const left = (await todos('POST', '/batch', large, other)).body.results[0].todos
    t.strictSame(
      left,
      first.body.results[0].todos.filter(({ id }: { id: string }) => id !== ids[7])
    )
    const records = await app.store.db.select().from(allTables(app.store.kit).idempotencyKeys)
    t.ok(JSON.stringify(records).length < 1000)
  }
)

t.test('requests are compared as JSON: the order of members and the notation do not matter', async t => {
  const { todos, titles, make } = await serveSignedIn(t)
  const type = { 'content-type': 'application/json' }
  const send = (path: string, body: string, key: string) =>
    todos('POST', path, body, { ...type, 'idempotency-key': key })
  const due = (members: string) => `{"title":"\\u0061","due":{${members}},"tags":["x","y"]}`
  const [{ id }] = await make('b')
  const cases: [path: string, body: string, again: string][] = [
    [
      '',
      due('"dateTime":"2026-03-29T09:00:00","timeZone":"Europe/Berlin"'),
      ' { "tags":["x","y"],"due":{"timeZone":"Europe/Berlin","dateTime":"2026-03-29T09:00:00"},"title":"a" }'
    ],
    [
      '/batch',
      `{"operations":[{"op":"patch","id":"${id}","changes":{"done":true,"priority":"low"}}]}`,
      `{"operations":[{"changes":{"priority":"low","done":true},"id":"${id.toUpperCase()}","op":"patch"}]}`
    ],
    [
      '/batch',
      '{"operations":[{"op":"delete","where":{"tag":["z"],"done":true}}],"validateOnly":false}',
      '{"validateOnly":false,"operations":[{"where":{"done":true,"tag":["z"]},"op":"delete"}]}'
    ]
  ]
  for (const [index, [path, body, again]] of cases.entries()) {
    const first = await send(path, body, `key ${index}`)
    t.ok(first.status < 300)
    const repeated = await send(path, again, `key ${index}`)
    t.match(repeated, { status: first.status, headers: { 'idempotent-replayed': 'true' } })
    t.strictSame(repeated.body, first.body)
  }
  const other = await send('', due('"date":"2026-03-29"').replace('["x","y"]', '["y","x"]'), 'key 0')
  t.strictSame(
    other.body,
    expectedProblem(other, 422, 'idempotency_key_reused'),
    'of a list the order counts'
  )
  t.strictSame(await titles(), ['b', 'a'])
})

t.test('a key belongs to one request of one user', async t => {
  const { call, signUp, todos, titles } = await serveSignedIn(t)
  const headers = { 'idempotency-key': KEY }
  await todos('POST', '', { title: 'a' }, headers)
  for (const [path, body] of [
    ['', { title: 'b' }],
    ['', { title: 'a', done: false }],
    ['/batch', { operations: [{ op: 'create', todo: { title: 'a' } }] }]
  ] as const) {
    const other = await todos('POST', path, body, headers)
    t.strictSame(other.body, expectedProblem(other, 422, 'idempotency_key_reused'))
  }
  const { accessToken: token } = await signUp()
  t.equal((await call('POST', '/api/todos', { token, body: { title: 'b' }, headers })).status, 201)
  t.strictSame(await titles(), ['a'])
})

t.test(
  'of parallel requests with one key, one takes effect; the others must wait or get its answer',
  async t => {
    const { todos, titles } = await serveSignedIn(t)
    const send = () => todos('POST', '', { title: 'a' }, { 'idempotency-key': KEY })
    const answers = await Promise.all(Array.from({ length: 10 }, send))
    const made = answers.filter(({ status }) => status === 201)
    t.ok(made.length > 0)
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      t.strictSame(
        answer.body,
        expectedProblem(answer, 409, 'idempotency_key_in_use', { action: 'retry-later' })
      )
      t.equal(answer.headers['retry-after'], '1')
    }
    t.strictSame(await titles(), ['a'])
    t.strictSame((await send()).body, made[0]?.body)
  }
)

t.test('a key is stored for 24 hours, to the second', async t => {
  const { clock, refresh, signUp, call } = await serveSignedIn(t)
  const pair = await signUp()
  const headers = { 'idempotency-key': KEY }
  const send = (token: string) => call('POST', '/api/todos', { token, body: { title: 'a' }, headers })
  const first = await send(pair.accessToken)
  clock.advance(86_400)
  const second = await refresh(pair)
  t.strictSame((await send(second.body.accessToken)).body, first.body)
  clock.advance(1)
  const later = await send(second.body.accessToken)
  t.equal(later.status, 201)
  t.not(later.body.id, first.body.id)
  t.strictSame((await send(second.body.accessToken)).body, later.body, 'and the new one is kept again')
})

t.test('a refused request leaves no trace and can be sent again with its key', async t => {
  const { todos, make } = await serveSignedIn(t)
  const headers = { 'idempotency-key': KEY }
  const refused = await todos('POST', '', { title: '' }, headers)
  t.equal(refused.status, 400)
  t.equal((await todos('POST', '', { title: 'a' }, headers)).status, 201)

  const [todo] = await make('b')
  const batch = { operations: [{ op: 'delete', id: todo.id }] }
  const other = { 'idempotency-key': 'b' }
  const validated = await todos('POST', '/batch', { ...batch, validateOnly: true }, other)
  t.equal(validated.status, 200)
  t.equal((await todos('POST', '/batch', batch, other)).status, 200)
  const again = await todos('POST', '/batch', batch, other)
  t.match(again, { status: 200, headers: { 'idempotent-replayed': 'true' } }, 'though the todo is gone')
})

t.test('a key has 1 to 255 characters, bare or in quotes', async t => {
  const { todos } = await serveSignedIn(t)
  for (const key of ['x', 'x'.repeat(255), `"${'x'.repeat(255)}"`])
    t.equal(
      (await todos('POST', '', { title: key.slice(0, 500) }, { 'idempotency-key': key })).status,
      key.startsWith('"') ? 422 : 201
    )
  const detail =
    'is not accepted; give 1 to 255 characters, bare or in double quotes, that nobody can guess, such as a UUID'
  for (const key of ['', '""', 'x'.repeat(256), 'é', '"x']) {
    const answer = await todos('POST', '', { title: 'a' }, { 'idempotency-key': key })
    t.strictSame(answer.body, invalid(answer, { parameter: 'idempotency-key', detail }), key.slice(0, 9))
  }
})

t.test('of two instances with the same request, one runs it, and the other replays its answer', async t => {
  const { app, user, titles } = await serveSignedIn(t)
  const request = { userId: user.id, key: KEY, request: 'a' }
  const outcome = await withIdempotency<unknown, unknown>(app.store, request, asIs, async storeAnswer => {
    await app.store.atomically(storeAnswer({ title: 'theirs' })[0] as BoundStatement)
    return createTodos(app.store, user.id).edit(
      ({ create }) => create({ ...defaults, title: 'ours' }),
      storeAnswer
    )
  })
  t.strictSame(outcome, { isReplay: true, answer: { title: 'theirs' } })
  t.strictSame(await titles(), [])
})

t.test('of two instances with the same bulk update, the later one changes nothing', async t => {
  const { app, user, make, titles } = await serveSignedIn(t)
  await make('a', 'b')
  const request = { userId: user.id, key: KEY, request: 'clear' }
  const outcome = await withIdempotency<number, number>(app.store, request, asIs, async storeAnswer => {
    await app.store.atomically(storeAnswer(7)[0] as BoundStatement)
    const options = { validateOnly: false, requestId: null, storeAnswer }
    return runBulkUpdate(app.store, user.id, { kind: 'delete', filter: { done: false } }, options)
  })
  t.strictSame(outcome, { isReplay: true, answer: 7 })
  t.strictSame(await titles(), ['a', 'b'])
})

t.test('an error of the work is thrown unchanged, and the key is free again', async t => {
  const { app, user } = await serveSignedIn(t)
  const request = { userId: user.id, key: KEY, request: 'a' }
  await t.rejects(
    withIdempotency(app.store, request, asIs, () => Promise.reject(new Error('no'))),
    { message: 'no' }
  )
  const missed = new NoRowAffected({ name: 'x', run: async () => [] })
  await t.rejects(
    withIdempotency(app.store, request, asIs, () => Promise.reject(missed)),
    { code: 'idempotency_key_in_use' }
  )
  t.strictSame(await withIdempotency<string, string>(app.store, request, asIs, async () => 'a'), {
    answer: 'a',
    isReplay: false
  })
})
