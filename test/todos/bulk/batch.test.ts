import t from 'tap'
import { runBatch } from '../../../src/todos/bulk/batch.ts'
import { runBulkUpdate } from '../../../src/todos/bulk/bulk-update.ts'
import { type Answer, expectedProblem } from '../../support/service.ts'
import { invalid, MISSING_ID, serveSignedIn } from '../signed-in.ts'

async function withBatch(t: Parameters<typeof serveSignedIn>[0], settings = {}) {
  const service = await serveSignedIn(t, settings)
  const batch = (operations: unknown, rest: object = {}) =>
    service.todos('POST', '/batch', { operations, ...rest })
  return { ...service, batch }
}

/** The problem of an operation. */
const ofOperation = (answer: Answer, index: number, status: number, code: string, rest: object = {}) =>
  expectedProblem(answer, status, code, { index, ...rest })

t.test('operations run in their order, each on the result of the operations before', async t => {
  const { todos, make, titles, batch } = await withBatch(t)
  const [a, b, c] = await make('a', 'b', 'c')
  const answer = await batch([
    { op: 'create', todo: { title: 'd', tags: ['x'] } },
    { op: 'patch', id: a.id, changes: { title: 'A', due: { date: '2026-03-29' } } },
    { op: 'patch', id: a.id, changes: { done: true } },
    { op: 'move', id: c.id, to: 'top' },
    { op: 'move', id: a.id, after: c.id },
    { op: 'delete', id: b.id, ifMatch: b.etag },
    { op: 'move', id: a.id, before: c.id }
  ])
  t.equal(answer.status, 200)
  t.equal(answer.body.validateOnly, false)
  const results = answer.body.results.map(({ todo }: { todo: { title: string } }) => todo)
  t.match(results, [
    { title: 'd', tags: ['x'], done: false },
    { id: a.id, title: 'A', due: { date: '2026-03-29' }, done: false },
    { id: a.id, title: 'A', due: { date: '2026-03-29' }, done: true },
    { id: c.id },
    { id: a.id },
    { id: b.id, deletedAt: '2026-01-01T00:00:00.000Z' },
    { id: a.id, done: true }
  ])
  t.strictSame(await titles(), ['A', 'c', 'd'])
  t.strictSame((await todos('GET', `/${a.id}`)).body, results[6], 'the last state is the one that is kept')
  t.strictSame((await todos('GET', `/${results[0].id}`)).body, results[0])
})

t.test('completing several todos and clearing the completed ones take one call each', async t => {
  const { clock, todos, make, titles, batch } = await withBatch(t)
  const made = await make('a', 'b', 'c', 'd')
  const ids = made.map(({ id }) => id)
  clock.advance(60)
  const done = await batch([{ op: 'patch', ids: [ids[2], ids[0]], changes: { done: true } }])
  t.match(done.body.results, [
    {
      todos: [
        { id: ids[2], done: true },
        { id: ids[0], done: true }
      ]
    }
  ])

  const all = await batch([{ op: 'patch', where: { done: false, q: 'b' }, changes: { done: true } }])
  t.strictSame(all.body, { results: [{ count: 1 }], validateOnly: false })
  t.match((await todos('GET', `/${ids[1]}`)).body, { done: true, completedAt: '2026-01-01T00:01:00.000Z' })
  const before = (await todos('GET', `/${ids[0]}`)).body
  clock.advance(60)
  t.strictSame(
    (await batch([{ op: 'patch', where: { done: true }, changes: { done: true } }])).body.results,
    [{ count: 0 }]
  )
  t.strictSame((await todos('GET', `/${ids[0]}`)).body, before, 'what is done already is not touched')

  const cleared = await batch([{ op: 'delete', where: { done: true } }])
  t.strictSame(cleared.body.results, [{ count: 3 }])
  t.strictSame(await titles(), ['d'])
  const trash = (await todos('GET', '?deleted=true')).body.items
  t.equal(trash.length, 3)
  for (const todo of trash) {
    const at = '2026-01-01T00:02:00.000Z'
    t.match(todo, { deletedAt: at, updatedAt: at })
    t.not(todo.etag, before.etag)
  }
  const undone = await batch([{ op: 'patch', where: { q: 'd' }, changes: { done: false } }])
  t.strictSame(undone.body.results, [{ count: 0 }])
  await batch([{ op: 'patch', where: { q: 'd' }, changes: { done: true } }])
  t.strictSame((await batch([{ op: 'patch', where: { q: 'd' }, changes: { done: false } }])).body.results, [
    { count: 1 }
  ])
  t.match((await todos('GET', `/${ids[3]}`)).body, { done: false, completedAt: null })
})

t.test('all or nothing: a failing operation undoes the operations before and is named', async t => {
  const { todos, make, batch } = await withBatch(t)
  const [a, b] = await make('a', 'b')
  const first = [
    { op: 'create', todo: { title: 'new' } },
    { op: 'patch', id: a.id, changes: { title: 'A' } }
  ]
  const before = (await todos('GET')).body
  const missing = await batch([...first, { op: 'patch', id: MISSING_ID, changes: {} }])
  t.strictSame(missing.body, ofOperation(missing, 2, 404, 'todo_not_found'))
  const twice = await batch([...first, { op: 'delete', id: b.id }, { op: 'delete', id: b.id }])
  t.strictSame(twice.body, ofOperation(twice, 3, 404, 'todo_not_found'))
  const stale = await batch([...first, { op: 'move', id: b.id, to: 'top', ifMatch: '"x"' }])
  t.strictSame(stale.body, ofOperation(stale, 2, 412, 'precondition_failed', { current: b }))
  const own = await batch([...first, { op: 'delete', id: a.id, ifMatch: a.etag }])
  t.match(
    own.body,
    { status: 412, index: 2, current: { title: 'A' } },
    'the state that the batch itself made'
  )
  const nowhere = await batch([...first, { op: 'move', id: a.id, after: MISSING_ID }])
  const errors = [{ pointer: '/operations/2/after', detail: 'names no todo of the list' }]
  t.strictSame(nowhere.body, ofOperation(nowhere, 2, 400, 'validation_failed', { errors }))
  const due = await batch([...first, { op: 'patch', ids: [b.id], changes: { due: { timeZone: 'UTC' } } }])
  t.match(due.body, { index: 2, errors: [{ pointer: '/operations/2/due/dateTime' }] })
  t.strictSame((await todos('GET')).body, before, 'nothing was done')
})

t.test('validateOnly runs everything and writes nothing', async t => {
  const { todos, make, batch } = await withBatch(t)
  const [a, b] = await make('a', 'b')
  await todos('PATCH', `/${b.id}`, { done: true })
  const before = (await todos('GET')).body
  const trial = { validateOnly: true }
  const fine = await batch(
    [
      { op: 'create', todo: { title: 'x' } },
      { op: 'delete', id: a.id },
      { op: 'patch', ids: [b.id], changes: { done: false } }
    ],
    trial
  )
  t.match(fine, {
    status: 200,
    body: { validateOnly: true, results: [{ todo: { title: 'x' } }, {}, { todos: [{ done: false }] }] }
  })
  const wrong = await batch(
    [
      { op: 'delete', id: a.id },
      { op: 'move', id: a.id, to: 'top' }
    ],
    trial
  )
  t.strictSame(wrong.body, ofOperation(wrong, 1, 404, 'todo_not_found'))
  const counts: [object, number][] = [
    [{ op: 'delete', where: { done: true } }, 1],
    [{ op: 'delete', where: { q: 'a b' } }, 0],
    [{ op: 'patch', where: { done: true }, changes: { done: true } }, 0],
    [{ op: 'patch', where: { done: true }, changes: { done: false } }, 1],
    [{ op: 'patch', where: { priority: 'none' }, changes: { done: true } }, 1]
  ]
  for (const [operation, count] of counts)
    t.strictSame((await batch([operation], trial)).body.results, [{ count }], JSON.stringify(operation))
  t.strictSame((await todos('GET')).body, before)
})

t.test('an invalid batch names each wrong field', async t => {
  const { todos, make, batch } = await withBatch(t)
  const [a] = await make('a')
  const { id } = a
  const selector = 'needs one of id, ids and where'
  const ids = Array.from({ length: 60 }, (_, n) => `01a20996-fb6c-78b7-96ed-0000000000${n + 10}`)
  const cases: [unknown, string, string][] = [
    [[], '', 'is not accepted; give a list of 1 to 100 operations'],
    [Array(101).fill({ op: 'delete', id }), '', 'is not accepted; give a list of 1 to 100 operations'],
    [[{ op: 'delete' }], '/0', selector],
    [[{ op: 'delete', id, ids: [id] }], '/0', selector],
    [[{ op: 'delete', id, where: { done: true } }], '/0', selector],
    [[{ op: 'patch', changes: {} }], '/0', selector],
    [[{ op: 'delete', ids: [] }], '/0/ids', 'is not accepted; give 1 to 100 different ids'],
    [[{ op: 'delete', ids: [id, id] }], '/0/ids', 'is not accepted; give 1 to 100 different ids'],
    [[{ op: 'delete', ids: [id], ifMatch: '*' }], '/0/ifMatch', 'goes with id only'],
    [
      [{ op: 'delete', where: {} }],
      '/0/where',
      'is not accepted; give at least one of the conditions that the list has'
    ],
    [[{ op: 'delete', where: { dnoe: true } }], '/0/where/dnoe', 'is not known; did you mean done?'],
    [
      [
        { op: 'delete', id },
        { op: 'delete', where: { done: true } }
      ],
      '/1/where',
      'is taken in a batch of one operation only'
    ],
    [
      [{ op: 'patch', where: { done: true }, changes: { title: 'x' } }],
      '/0/changes',
      'may change one of done and listId, and nothing else, with where'
    ],
    [[{ op: 'move', id }], '/0', 'needs one of after, before and to, or listId or parentId'],
    [[{ op: 'move', id, to: 'top', after: id }], '/0', 'has several of after, before and to; give one'],
    [[{ op: 'patch', id, changes: { title: 7 } }], '/0/changes/title', 'must be of type string'],
    [[{ op: 'create', todo: {} }], '/0/todo/title', 'is required'],
    [
      [{ op: 'create', todo: { title: 'x', createdAt: 'x' } }],
      '/0/todo/createdAt',
      'is not known; known are id, title, description, done, due, priority, tags, repeat, listId, parentId'
    ],
    [[{ op: 'delete', id: 7 }], '/0/id', 'must be of type string'],
    [
      [{ op: 'put', id }],
      '/0',
      'is not accepted; give an operation whose op is create, patch, complete, delete, restore, purge or move'
    ],
    [[{ id }], '/0/op', 'is required'],
    [
      [
        { op: 'delete', ids },
        { op: 'delete', ids: ids.map(other => other.replace('01a', '02a')) }
      ],
      '/0',
      'names too many todos; all operations together may name 100'
    ]
  ]
  for (const [operations, pointer, detail] of cases) {
    const answer = await batch(operations)
    const index = answer.body.index === undefined ? {} : { index: Number(pointer[1]) }
    const errors = [{ pointer: `/operations${pointer}`, detail }]
    const name = JSON.stringify(operations).slice(0, 90)
    t.match(answer.body.errors, errors, name)
    t.strictSame(
      answer.body,
      expectedProblem(answer, 400, 'validation_failed', { errors: answer.body.errors, ...index }),
      name
    )
  }
  const empty = await todos('POST', '/batch', {})
  t.strictSame(empty.body, invalid(empty, { pointer: '/operations', detail: 'is required' }))
  t.strictSame((await todos('GET')).body.items, [a])
})

t.test('an empty selection never means all todos', async t => {
  const { app, user, todos, make, batch } = await withBatch(t)
  await make('a', 'b')
  const { items } = (await todos('GET')).body
  const [tag, q, updatedAfter] = [
    {
      pointer: '/operations/0/where/tag',
      detail: 'excludes nothing; give at least one tag, or leave it out'
    },
    { pointer: '/operations/0/where/q', detail: 'has nothing to search for; give at least one word' },
    {
      pointer: '/operations/0/where/updatedAfter',
      detail: 'excludes nothing; give an instant after 1970 began'
    }
  ]
  const timeZone = { pointer: '/operations/0/where/timeZone', detail: 'goes with overdue only' }
  const cases: [object, object[]][] = [
    [{ timeZone: 'UTC' }, [timeZone]],
    [{ timeZone: 'UTC', tag: [] }, [timeZone, tag]],
    [{ tag: [] }, [tag]],
    [{ tag: [], done: false }, [tag]],
    [{ tag: [], q: '"', updatedAfter: '0001-01-01T00:00:00Z' }, [tag, q, updatedAfter]],
    [{ q: ' ' }, [q]],
    [{ q: '!', priority: 'none' }, [q]],
    [{ q: '\u301c \ufe0f' }, [q]],
    [{ updatedAfter: '1969-12-31T23:59:59.999Z' }, [updatedAfter]],
    [{ updatedAfter: '1970-01-01T00:00:00.0009Z', tag: ['x'] }, [updatedAfter]],
    [{ updatedAfter: '1970-01-01T05:30:00+05:30' }, [updatedAfter]]
  ]
  for (const [where, errors] of cases)
    for (const operation of [
      { op: 'delete', where },
      { op: 'patch', where, changes: { done: true } },
      { op: 'patch', where, changes: { done: null } }
    ])
      for (const validateOnly of [false, true]) {
        const answer = await batch([operation], { validateOnly })
        t.strictSame(
          answer.body,
          ofOperation(answer, 0, 400, 'validation_failed', { errors }),
          JSON.stringify([operation, validateOnly])
        )
      }
  const options = { validateOnly: false, requestId: null, storeAnswer: () => [] }
  await t.rejects(runBulkUpdate(app.store, user.id, { kind: 'delete', filter: {} }, options), {
    code: 'validation_failed'
  })
  t.strictSame((await todos('GET')).body.items, items, 'nothing was done')
  t.strictSame(
    (await todos('GET', '?updatedAfter=1970-01-01T00:00:00Z')).body.items,
    items,
    'a list is filtered'
  )
  for (const where of [{ completedAfter: '0001-01-01T00:00:00Z' }, { due: 'none', done: true }])
    t.strictSame(
      (await batch([{ op: 'delete', where }])).body.results,
      [{ count: 0 }],
      'they exclude open todos'
    )
  const hyphenAndEmoji = { op: 'delete', where: { q: '〰️' } }
  t.strictSame((await batch([hyphenAndEmoji])).body.results, [{ count: 0 }], 'which no todo has')
  const after = { updatedAfter: '1970-01-01T00:00:00.001Z' }
  t.strictSame((await batch([{ op: 'delete', where: after }])).body.results, [{ count: 2 }])
})

t.test('parallel batches on the same todos all take effect, one after another', async t => {
  const { make, todos, batch } = await withBatch(t)
  const made = await make('a', 'b', 'c')
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      batch([
        ...made.map(({ id }) => ({ op: 'patch', id, changes: { tags: [`t${n}`] } })),
        { op: 'create', todo: { title: `n${n}` } }
      ])
    )
  )
  t.ok(answers.every(({ status }) => status === 200))
  const { items } = (await todos('GET')).body
  t.equal(items.length, 11)
  const tags = new Set(items.slice(0, 3).map((todo: { tags: string[] }) => todo.tags.join()))
  t.equal(tags.size, 1, 'the three are as one batch left them')
})

t.test('a batch may have a hundred operations, and more bytes than other bodies', async t => {
  const { todos, batch } = await withBatch(t)
  const create = (n: number) => ({ op: 'create', todo: { title: `${n}`, description: 'x'.repeat(9000) } })
  const { status, body } = await batch(Array.from({ length: 100 }, (_, n) => create(n)))
  t.equal(status, 200)
  t.equal(body.results.length, 100)
  t.equal((await todos('GET', '?count=true&limit=1')).body.total, 100)
  const large = await batch([{ op: 'create', todo: { title: 'x', description: 'x'.repeat(1_100_000) } }])
  t.strictSame(large.body, expectedProblem(large, 413, 'body_too_large'))
})

t.test('REQUIRE_IF_MATCH applies to operations that name a todo', async t => {
  const { make, batch } = await withBatch(t, { REQUIRE_IF_MATCH: 'on' })
  const [a] = await make('a')
  for (const operation of [
    { op: 'patch', id: a.id, changes: {} },
    { op: 'patch', ids: [a.id], changes: {} },
    { op: 'delete', id: a.id },
    { op: 'move', id: a.id, to: 'top' }
  ]) {
    const answer = await batch([{ op: 'create', todo: { title: 'x' } }, operation])
    t.strictSame(answer.body, ofOperation(answer, 1, 428, 'precondition_required'))
  }
  t.equal((await batch([{ op: 'delete', id: a.id, ifMatch: a.etag }])).status, 200)
})

t.test('the todos of another user do not exist', async t => {
  const { call, signUp, make, batch } = await withBatch(t)
  await make('a')
  const { accessToken: token } = await signUp()
  const { body: theirs } = await call('POST', '/api/todos', { token, body: { title: 'theirs', done: true } })
  const answer = await batch([{ op: 'delete', id: theirs.id }])
  t.strictSame(answer.body, ofOperation(answer, 0, 404, 'todo_not_found'))
  t.strictSame((await batch([{ op: 'delete', where: { done: true } }])).body.results, [{ count: 0 }])
  t.strictSame((await call('GET', '/api/todos', { token })).body.items, [theirs])
})

t.test('a repeated batch with where gets the count of the first one', async t => {
  const { make, titles, todos } = await withBatch(t)
  await make('a', 'b')
  const body = { operations: [{ op: 'delete', where: { done: false } }] }
  const headers = { 'idempotency-key': 'once' }
  const first = await todos('POST', '/batch', body, headers)
  t.strictSame(first.body.results, [{ count: 2 }])
  await make('c')
  const again = await todos('POST', '/batch', body, headers)
  t.strictSame(again.body, first.body)
  t.equal(again.headers['idempotent-replayed'], 'true')
  t.strictSame(await titles(), ['c'])
})

t.test('a database error is no problem of an operation', async t => {
  const { app, user } = await serveSignedIn(t)
  const fail = () => Promise.reject(new Error('gone'))
  const broken = { ...app.store, prepare: () => ({ execute: fail, executeLong: fail, run: fail }) }
  const batch = {
    userId: user.id,
    operations: [{ op: 'delete', id: MISSING_ID }] as const,
    validateOnly: false,
    key: undefined,
    createPrecondition: () => () => {}
  }
  await t.rejects(runBatch(broken, batch), { message: /_find(State)?: gone$/ })
})
