import t from 'tap'
import { expectedProblem } from '../../support/service.ts'
import { MISSING_ID } from '../signed-in.ts'
import { serveRecurring } from './recurring.ts'

t.test('[SERIES] with an Idempotency-Key a completion happens once, however often it is sent', async t => {
  const { makeRecurring, complete, todos, occurrences } = await serveRecurring(t)
  const key = { 'idempotency-key': 'a' }
  const bodies: [method: string, path: string, body?: object][] = [
    ['PATCH', '', { done: true }],
    [
      'PUT',
      '',
      { title: 'a', due: { date: '2026-01-05' }, repeat: { rule: 'FREQ=DAILY', from: 'due' }, done: true }
    ],
    ['POST', '/skip']
  ]
  for (const [method, path, body] of bodies) {
    const { id } = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' })
    const send = () => todos(method, `/${id}${path}`, body, { 'idempotency-key': method })
    const first = await send()
    t.match(first, { status: 200, body: { due: { date: '2026-01-06' } } })
    const again = await send()
    t.match(again, { status: 200, headers: { 'idempotent-replayed': 'true', etag: first.body.etag } })
    t.strictSame(again.body, first.body)
    await todos('PATCH', `/${id}`, { title: 'renamed' })
    const { body: later } = await send()
    t.strictSame(later, { ...first.body, title: 'renamed', etag: later.etag }, 'the todo as it is now')
    if (first.body.completed) await todos('DELETE', `/${id}/completions/${first.body.completed.id}`)
    const { body: takenBack } = await send()
    t.notOk('completed' in takenBack)
    await todos('DELETE', `/${id}?permanent=true`)
    const gone = await send()
    t.strictSame(gone.body, expectedProblem(gone, 404, 'todo_not_found'))
    t.equal(
      gone.body.detail,
      'The first request with this key changed the todo, and it was deleted for good since. Nothing was done.'
    )
  }

  const { id } = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' })
  await complete(id, key)
  const other = await todos('PATCH', `/${id}`, { done: false }, key)
  t.strictSame(other.body, expectedProblem(other, 422, 'idempotency_key_reused'))
  const refused = await todos('PATCH', `/${MISSING_ID}`, { done: true }, { 'idempotency-key': 'b' })
  t.equal(refused.status, 404)
  t.strictSame(await occurrences(id), [{ date: '2026-01-05' }])
})

t.test('parallel completions with one key complete once', async t => {
  const { makeRecurring, complete, occurrences } = await serveRecurring(t)
  const { id } = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' })
  const answers = await Promise.all(Array.from({ length: 8 }, () => complete(id, { 'idempotency-key': 'a' })))
  for (const { status } of answers) t.ok(status === 200 || status === 409, `${status}`)
  t.strictSame(await occurrences(id), [{ date: '2026-01-05' }])
})

t.test('parallel completions without a key are several; with If-Match one of them takes effect', async t => {
  const { makeRecurring, complete, occurrences } = await serveRecurring(t)
  const { id, etag } = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' })
  const matched = await Promise.all(Array.from({ length: 5 }, () => complete(id, { 'if-match': etag })))
  t.strictSame(matched.map(({ status }) => status).sort(), [200, 412, 412, 412, 412])
  await Promise.all(Array.from({ length: 5 }, () => complete(id)))
  t.strictSame(
    await occurrences(id),
    ['10', '09', '08', '07', '06', '05'].map(day => ({ date: `2026-01-${day}` }))
  )
})

t.test('a batch that is sent again tells what it has completed, unless that was taken back', async t => {
  const { makeRecurring, todos, occurrences } = await serveRecurring(t)
  const [a, b] = [
    await makeRecurring('FREQ=DAILY', { date: '2026-01-05' }),
    await makeRecurring('FREQ=WEEKLY', { date: '2026-01-05' })
  ]
  const single = (await todos('POST', '', { title: 'single' })).body
  const create = { title: 'new', due: { date: '2026-02-01' }, repeat: { rule: 'FREQ=DAILY', from: 'due' } }
  const operations = [
    { op: 'create', todo: create },
    { op: 'complete', ids: [single.id, b.id, a.id] },
    { op: 'create', todo: { title: 'done', done: true } },
    { op: 'patch', id: a.id, changes: { done: true } }
  ]
  const send = () => todos('POST', '/batch', { operations }, { 'idempotency-key': 'a' })
  const first = await send()
  const completed = (date: string) => ({ completed: { occurrence: { date } } })
  t.match(first.body.results, [
    { todo: { title: 'new' } },
    {
      todos: [
        { id: single.id, done: true },
        { id: b.id, ...completed('2026-01-05') },
        completed('2026-01-05')
      ]
    },
    { todo: { title: 'done' } },
    { todo: { id: a.id, ...completed('2026-01-06') } }
  ])
  const again = await send()
  t.strictSame([again.status, again.headers['idempotent-replayed']], [200, 'true'])
  const [, { todos: several }, , { todo }] = first.body.results
  // Each todo is shown as it is now.
  several[2] = { ...todo, completed: several[2].completed }
  t.strictSame(again.body, first.body)
  t.strictSame(await occurrences(a.id), [{ date: '2026-01-06' }, { date: '2026-01-05' }])

  await todos('DELETE', `/${a.id}/completions/${todo.completed.id}`)
  await todos('DELETE', `/${single.id}?permanent=true`)
  const { body } = await send()
  t.notOk('completed' in body.results[3].todo)
  t.strictSame(
    body.results[1].todos.map(({ id, ...rest }: { id: string; completed: object }) => [id, rest.completed]),
    several.slice(1).map(({ id, ...rest }: { id: string; completed: object }) => [id, rest.completed]),
    'without what was deleted for good'
  )
})
