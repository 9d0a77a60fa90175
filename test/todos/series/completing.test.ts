import t from 'tap'
import { invalid } from '../signed-in.ts'
import { atNine, serveRecurring } from './recurring.ts'

t.test('a completed todo stays open and is due at its next occurrence', async t => {
  const { makeRecurring, complete, todos, goTo } = await serveRecurring(t)
  const made = await makeRecurring('FREQ=WEEKLY;BYDAY=MO,TH', { date: '2026-01-05' })
  await goTo('2026-01-05T18:00:00Z')
  const answer = await complete(made.id)
  t.equal(answer.status, 200)
  const now = '2026-01-05T18:00:00.000Z'
  t.strictSame(answer.body, {
    ...made,
    due: { date: '2026-01-08' },
    updatedAt: now,
    etag: answer.body.etag,
    completed: { id: answer.body.completed.id, occurrence: { date: '2026-01-05' }, completedAt: now }
  })
  t.not(answer.body.etag, made.etag)
  t.equal(answer.headers.etag, answer.body.etag)
  const { completed: _, ...rest } = answer.body
  t.strictSame((await todos('GET', `/${made.id}`)).body, rest, 'a read says nothing of it')
})

t.test('nine o’clock stays nine when the clocks change', async t => {
  const { makeRecurring, complete, goTo } = await serveRecurring(t)
  const { id } = await makeRecurring('FREQ=DAILY', atNine('2026-03-27'))
  for (const [day, next] of [
    ['2026-03-27', '2026-03-28'],
    ['2026-03-28', '2026-03-29'],
    ['2026-03-29', '2026-03-30']
  ] as const) {
    await goTo(`${day}T10:00:00Z`)
    t.strictSame((await complete(id)).body.due, atNine(next))
  }
})

t.test(
  'who is late skips what was missed: the next occurrence is after today in the zone of the due date',
  async t => {
    const { makeRecurring, complete, goTo } = await serveRecurring(t)
    const auckland = (day: string) => ({ dateTime: `${day}T09:00:00`, timeZone: 'Pacific/Auckland' })
    const cases = [
      [{ date: '2026-01-05' }, { date: '2026-01-21' }],
      [auckland('2026-01-05'), auckland('2026-01-22')],
      [atNine('2026-01-05'), atNine('2026-01-21')]
    ] as const
    const made = []
    for (const [due] of cases) made.push(await makeRecurring('FREQ=DAILY', due))
    await goTo('2026-01-20T12:00:00Z')
    for (const [index, [, next]] of cases.entries())
      t.strictSame((await complete(made[index].id)).body.due, next)
  }
)

t.test('who is early goes on from the occurrence, not from today', async t => {
  const { makeRecurring, complete } = await serveRecurring(t)
  const { id } = await makeRecurring('FREQ=MONTHLY;BYMONTHDAY=-1', { date: '2026-02-28' })
  t.strictSame((await complete(id)).body.due, { date: '2026-03-31' })
  t.strictSame((await complete(id)).body.due, { date: '2026-04-30' })
})

t.test(
  'who moves a date beyond other occurrences, and completes it early, goes on from that date',
  async t => {
    const { makeRecurring, todos, occurrences } = await serveRecurring(t)
    const monday = { date: '2026-01-05' }
    const cases: [rule: string, due: object, moved: object, next: object][] = [
      ['FREQ=WEEKLY', monday, { date: '2026-01-14' }, { date: '2026-01-19' }],
      ['FREQ=WEEKLY', monday, { date: '2026-01-19' }, { date: '2026-01-26' }],
      ['FREQ=WEEKLY', monday, { date: '2026-01-03' }, { date: '2026-01-12' }],
      ['FREQ=MONTHLY;BYDAY=1MO', monday, { date: '2026-04-06' }, { date: '2026-05-04' }],
      ['FREQ=WEEKLY', monday, atNine('2026-01-14'), { date: '2026-01-19' }],
      ['FREQ=DAILY;INTERVAL=2', atNine('2026-01-05'), { date: '2026-01-08' }, atNine('2026-01-09')]
    ]
    for (const [rule, due, moved, next] of cases)
      for (const step of ['complete', 'skip']) {
        const { id } = await makeRecurring(rule, due)
        await todos('PATCH', `/${id}`, { due: moved })
        const answer =
          step === 'skip'
            ? await todos('POST', `/${id}/skip`)
            : await todos('PATCH', `/${id}`, { done: true })
        t.match(answer, { status: 200, body: { done: false, due: next } }, `${rule} ${step}`)
        if (step === 'skip') continue
        t.strictSame(await occurrences(id), [moved])
        const back = await todos('DELETE', `/${id}/completions/${answer.body.completed.id}`)
        t.match(back, { status: 200, body: { due: moved } }, 'is taken back')
      }

    const { id } = await makeRecurring('FREQ=WEEKLY;COUNT=2', monday)
    await todos('PATCH', `/${id}`, { due: { date: '2026-01-13' } })
    t.match((await todos('PATCH', `/${id}`, { done: true })).body, { done: true }, 'nothing is left after it')
  }
)

t.test('today is where the request says, for a due date that is a day', async t => {
  const { makeRecurring, todos, goTo } = await serveRecurring(t)
  const day = { date: '2026-01-05' }
  const made = []
  const [parentId] = [(await makeRecurring('FREQ=DAILY', day, 'completion')).id]
  for (let count = 0; count < 9; count += 1)
    made.push((await makeRecurring('FREQ=DAILY', day, count < 6 ? 'completion' : 'due')).id)
  const { id: child } = await makeRecurring('FREQ=DAILY', day, 'completion', { parentId })
  const { id: timed } = await makeRecurring('FREQ=DAILY', atNine('2026-01-05'), 'completion')
  await goTo('2026-01-10T03:00:00Z')
  const complete = async (id: string, body: object = {}) => {
    const answer = await todos('PATCH', `/${id}`, { done: true, ...body })
    t.equal(answer.status, 200)
    return answer.body.due
  }
  t.strictSame(await complete(made[0]), { date: '2026-01-11' }, 'in UTC')
  t.strictSame(await complete(made[1], { timeZone: 'America/New_York' }), { date: '2026-01-10' })
  t.strictSame(await complete(made[2], { timeZone: 'America/Los_Angeles' }), { date: '2026-01-10' })
  await goTo('2026-01-10T12:00:00Z')
  t.strictSame(await complete(made[3], { timeZone: 'Pacific/Auckland' }), { date: '2026-01-12' })
  t.strictSame(await complete(made[4], { timeZone: 'Pacific/Pago_Pago' }), { date: '2026-01-11' })
  t.strictSame(await complete(made[6], { timeZone: 'Pacific/Auckland' }), { date: '2026-01-12' })
  t.strictSame(await complete(made[7]), { date: '2026-01-11' })
  t.strictSame(await complete(timed, { timeZone: 'Pacific/Auckland' }), atNine('2026-01-11'), 'its own zone')
  const zone = { timeZone: 'Pacific/Auckland' }
  t.strictSame(await complete(parentId, { children: 'complete', ...zone }), { date: '2026-01-12' })
  t.match((await todos('GET', `/${child}`)).body, { due: { date: '2026-01-12' } })
  const batch = { op: 'patch', ids: [made[5], made[8]], changes: { done: true, ...zone } }
  const { body } = await todos('POST', '/batch', { operations: [batch] })
  t.match(body.results[0].todos, [{ due: { date: '2026-01-12' } }, { due: { date: '2026-01-12' } }])

  const { items } = (await todos('GET', `/${made[3]}/completions`)).body
  const back = await todos('DELETE', `/${made[3]}/completions/${items[0].id}`)
  t.match(back, { status: 200, body: { due: day } }, 'and is taken back by the same day')
})

t.test('a time zone goes with a completion only', async t => {
  const { makeRecurring, todos } = await serveRecurring(t)
  const { id } = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' })
  const detail = 'goes with done only, which must be true'
  for (const body of [{}, { done: false }, { done: null }, { title: 'x' }]) {
    const changes = { ...body, timeZone: 'Europe/Berlin' }
    const answer = await todos('PATCH', `/${id}`, changes)
    t.strictSame(answer.body, invalid(answer, { pointer: '/timeZone', detail }))
    const batch = await todos('POST', '/batch', { operations: [{ op: 'patch', id, changes }] })
    t.match(batch.body, { status: 400, errors: [{ pointer: '/operations/0/changes/timeZone', detail }] })
  }
  const where = { op: 'patch', where: { repeat: true }, changes: { done: true, timeZone: 'Europe/Berlin' } }
  t.match((await todos('POST', '/batch', { operations: [where] })).body, {
    errors: [{ pointer: '/operations/0/changes' }]
  })
  const unknown = await todos('PATCH', `/${id}`, { done: true, timeZone: 'Mars/Olympus' })
  t.match(unknown.body, { status: 400, errors: [{ pointer: '/timeZone' }] })
})

t.test('counted from the completion, the next occurrence follows its day', async t => {
  const { makeRecurring, complete, goTo } = await serveRecurring(t)
  const { id } = await makeRecurring('FREQ=DAILY;INTERVAL=3', atNine('2026-01-05'), 'completion')
  await goTo('2026-01-10T23:30:00Z')
  t.strictSame((await complete(id)).body.due, atNine('2026-01-14'), 'it is the 11th in Berlin')
  await goTo('2026-01-12T12:00:00Z')
  t.strictSame((await complete(id)).body.due, atNine('2026-01-15'), 'early')
})

t.test(
  'counted from the completion, a series goes on though INTERVAL leaves out what the rule selects',
  async t => {
    const { makeRecurring, complete, goTo } = await serveRecurring(t)
    const { id } = await makeRecurring(
      'FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31',
      { date: '2026-01-31' },
      'completion'
    )
    await goTo('2026-02-03T12:00:00Z')
    t.match((await complete(id)).body, { done: false, due: { date: '2027-01-31' } })
  }
)

t.test('after the last occurrence the todo is done', async t => {
  const { makeRecurring, complete, occurrences, todos } = await serveRecurring(t)
  const rules: [rule: string, from: string, first: object, ...others: object[]][] = [
    ['FREQ=DAILY;COUNT=2', 'due', { date: '2026-01-05' }, { date: '2026-01-06' }],
    ['FREQ=DAILY;COUNT=2', 'completion', { date: '2026-01-05' }, { date: '2026-01-02' }],
    ['FREQ=DAILY;UNTIL=20260106', 'due', { date: '2026-01-05' }, { date: '2026-01-06' }],
    ['FREQ=WEEKLY;UNTIL=20260107', 'completion', { date: '2026-01-05' }],
    ['FREQ=DAILY;COUNT=1', 'due', { date: '2026-01-05' }],
    // The first occurrence counts, whether the rule selects it or not (RFC 5545, section 3.3.10).
    ['FREQ=WEEKLY;COUNT=2;BYDAY=MO', 'due', { date: '2026-01-04' }, { date: '2026-01-05' }],
    ['FREQ=WEEKLY;COUNT=1;BYDAY=MO', 'due', { date: '2026-01-04' }],
    // 21:30 in New York on the 6th.
    ['FREQ=DAILY;UNTIL=20260107T023000Z', 'due', at('2026-01-05'), at('2026-01-06')],
    ['FREQ=DAILY;UNTIL=20260107T022959Z', 'due', at('2026-01-05')],
    ['FREQ=DAILY;UNTIL=20260102T212959', 'completion', at('2026-01-01')]
  ]
  for (const [rule, from, ...dues] of rules) {
    const { id } = await makeRecurring(rule, dues[0], from)
    for (const due of dues.slice(1)) t.match((await complete(id)).body, { done: false, due }, rule)
    const last = await complete(id)
    t.match(last.body, {
      done: true,
      due: dues.at(-1),
      completedAt: '2026-01-01T12:00:00.000Z',
      repeat: { rule, from },
      completed: { occurrence: dues.at(-1) }
    })
    t.strictSame(await occurrences(id), dues.toReversed(), rule)
    const again = await complete(id)
    t.equal(again.body.etag, last.body.etag, 'it is done already')
    t.notOk('completed' in again.body)
    const opened = await todos('PATCH', `/${id}`, { done: false })
    t.match(opened.body, { done: false, due: dues.at(-1), completedAt: null })
  }
  const { id } = await makeRecurring('FREQ=DAILY', { date: '9999-12-31' })
  t.match((await complete(id)).body, { done: true, due: { date: '9999-12-31' } })
})

const at = (day: string) => ({ dateTime: `${day}T21:30:00`, timeZone: 'America/New_York' })

t.test('with repeat: null a completion ends the series, and is kept', async t => {
  const { makeRecurring, todos, occurrences } = await serveRecurring(t)
  const bodies: [method: string, body: object, due: object | null][] = [
    ['PATCH', { done: true, repeat: null }, { date: '2026-01-05' }],
    ['PATCH', { done: true, repeat: null, due: null }, null],
    ['PUT', { title: 'Water', done: true }, null]
  ]
  for (const [method, body, due] of bodies) {
    const made = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' })
    const answer = await todos(method, `/${made.id}`, body)
    t.strictSame(answer.body, {
      ...made,
      done: true,
      due,
      repeat: null,
      completedAt: '2026-01-01T12:00:00.000Z',
      etag: answer.body.etag,
      completed: {
        id: answer.body.completed.id,
        occurrence: { date: '2026-01-05' },
        completedAt: '2026-01-01T12:00:00.000Z'
      }
    })
    t.strictSame(await occurrences(made.id), [{ date: '2026-01-05' }])
  }
})

t.test('PUT and batches complete as PATCH does', async t => {
  const { makeRecurring, todos, occurrences } = await serveRecurring(t)
  const made = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' })
  const { body: put } = await todos('PUT', `/${made.id}`, { ...made, done: true })
  t.match(put, {
    done: false,
    due: { date: '2026-01-06' },
    completed: { occurrence: { date: '2026-01-05' } }
  })
  const { body: putAgain } = await todos('PUT', `/${made.id}`, { ...put, done: true })
  t.match(putAgain, { due: { date: '2026-01-07' } }, 'what a completion has answered is taken back')

  const patch = { op: 'patch', ids: [made.id], changes: { done: true } }
  const batch = (body: object) => todos('POST', '/batch', body)
  const tried = await batch({ operations: [patch], validateOnly: true })
  t.match(tried.body.results, [
    { todos: [{ due: { date: '2026-01-08' }, completed: { occurrence: { date: '2026-01-07' } } }] }
  ])
  t.equal((await occurrences(made.id)).length, 2, 'nothing was written')
  const done = await batch({ operations: [patch, { op: 'patch', id: made.id, changes: { done: true } }] })
  t.match(done.body.results, [
    { todos: [{ due: { date: '2026-01-08' }, completed: { occurrence: { date: '2026-01-07' } } }] },
    { todo: { due: { date: '2026-01-09' }, completed: { occurrence: { date: '2026-01-08' } } } }
  ])
  t.strictSame(
    await occurrences(made.id),
    ['08', '07', '06', '05'].map(day => ({ date: `2026-01-${day}` }))
  )
})

t.test('a completion may move the todo and set the rule in the same request', async t => {
  const { todos, make, makeRecurring } = await serveRecurring(t)
  const single = await make('a')
  const begun = await todos('PATCH', `/${single.id}`, {
    done: true,
    due: { date: '2026-01-05' },
    repeat: { rule: 'FREQ=DAILY', from: 'due' }
  })
  t.match(begun.body, {
    done: false,
    due: { date: '2026-01-06' },
    completed: { occurrence: { date: '2026-01-05' } }
  })
  const weekly = await makeRecurring('FREQ=WEEKLY', { date: '2026-01-05' })
  const moved = await todos('PATCH', `/${weekly.id}`, {
    done: true,
    title: 'b',
    due: { date: '2026-01-07' },
    parentId: single.id
  })
  t.match(moved.body, {
    title: 'b',
    parentId: single.id,
    due: { date: '2026-01-12' },
    completed: { occurrence: { date: '2026-01-07' } }
  })
})

t.test('a todo that is made done stays done, though it repeats', async t => {
  const { makeRecurring } = await serveRecurring(t)
  const made = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' }, 'due', { done: true })
  t.match(made, { done: true, due: { date: '2026-01-05' }, repeat: { rule: 'FREQ=DAILY', from: 'due' } })
})
