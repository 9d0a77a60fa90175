import t from 'tap'
import { invalid } from '../signed-in.ts'
import { atNine, serveRecurring } from './recurring.ts'

const DAILY = { rule: 'FREQ=DAILY', from: 'due' }

t.test('a rule is kept in its canonical form', async t => {
  const { todos, make } = await serveRecurring(t)
  const due = { date: '2026-01-05' }
  const repeat = { rule: 'rrule:byday=th,mo;interval=1;freq=weekly', from: 'completion' }
  const made = await make('a', { due, repeat })
  t.strictSame(made.repeat, { rule: 'FREQ=WEEKLY;BYDAY=MO,TH', from: 'completion' })
  const { body } = await todos('PATCH', `/${made.id}`, { repeat })
  t.strictSame(body, made, 'the same rule, which changes nothing')
})

t.test('a rule that is not accepted, or never occurs, is named wherever content is written', async t => {
  const { todos, make } = await serveRecurring(t)
  const { id } = await make('a', { due: { date: '2026-01-05' } })
  const cases: [rule: unknown, detail: string][] = [
    ['FREQ=HOURLY', 'has FREQ=HOURLY; give one of DAILY, WEEKLY, MONTHLY, YEARLY'],
    ['FREQ=SECONDLY;INTERVAL=1', 'has FREQ=SECONDLY; give one of DAILY, WEEKLY, MONTHLY, YEARLY'],
    ['FREQ=DAILY;INTERVAL=0', 'has INTERVAL=0; give a number from 1 to 9999'],
    ['', 'is empty; give a rule such as FREQ=WEEKLY;BYDAY=MO,TH'],
    ['every day', 'has a space, or a character beyond ASCII; give a rule such as FREQ=WEEKLY'],
    [7, 'must be of type string'],
    [
      `FREQ=DAILY;BYMONTHDAY=${'1,'.repeat(300)}1`,
      'is not accepted; give a recurrence rule (RFC 5545, RRULE) of at most 500 characters such as FREQ=WEEKLY;BYDAY=MO,TH'
    ],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', 'never occurs from 2026-01-05 on; give a rule that does'],
    ['FREQ=DAILY;UNTIL=20260104', 'never occurs from 2026-01-05 on; give a rule that does'],
    ['FREQ=WEEKLY;BYDAY=MO;BYMONTH=2;BYSETPOS=2', 'never occurs from 2026-01-05 on; give a rule that does']
  ]
  for (const [rule, detail] of cases) {
    const todo = { title: 'b', due: { date: '2026-01-05' }, repeat: { rule, from: 'due' } }
    const changes = { repeat: todo.repeat }
    const toBatch = (operation: object) => ({ operations: [{ op: 'patch', id, changes: {} }, operation] })
    const requests: [method: string, path: string, body: object, pointer: string][] = [
      ['POST', '', todo, ''],
      ['PATCH', `/${id}`, changes, ''],
      ['PUT', `/${id}`, todo, ''],
      ['POST', '/batch', toBatch({ op: 'create', todo }), '/operations/1/todo'],
      ['POST', '/batch', toBatch({ op: 'patch', id, changes }), '/operations/1/changes']
    ]
    for (const [method, path, body, pointer] of requests) {
      const answer = await todos(method, path, body)
      const index = 'index' in answer.body ? { index: 1 } : {}
      const errors = [{ pointer: `${pointer}/repeat/rule`, detail }]
      t.strictSame(answer.body, { ...invalid(answer, ...errors), ...index })
    }
    const line = JSON.stringify(todo)
    const imported = await todos('POST', '/import', `{"title":"c"}\n${line}`, NDJSON)
    t.strictSame(imported.body, invalid(imported, { pointer: '/1/repeat/rule', detail }))
  }
})

const NDJSON = { 'content-type': 'application/x-ndjson' }

t.test('a todo that repeats needs a due date', async t => {
  const { todos, make, makeRecurring } = await serveRecurring(t)
  const { id } = await make('a')
  const recurring = await makeRecurring('FREQ=DAILY', { date: '2026-01-05' })
  const atRepeat = {
    pointer: '/repeat',
    detail: 'needs a due date, with which the series begins; give due, too'
  }
  const atDue = {
    pointer: '/due',
    detail: 'is needed, since the todo repeats; give another date, or repeat: null as well'
  }
  const requests: [method: string, path: string, body: unknown, error: object][] = [
    ['POST', '', { title: 'b', repeat: DAILY }, atRepeat],
    ['POST', '', { title: 'b', due: null, repeat: DAILY }, atRepeat],
    ['PATCH', `/${id}`, { repeat: DAILY }, atRepeat],
    ['PUT', `/${id}`, { title: 'a', repeat: DAILY }, atRepeat],
    ['PUT', `/${recurring.id}`, { title: 'a', repeat: DAILY }, atRepeat],
    ['PATCH', `/${recurring.id}`, { due: null, repeat: DAILY }, atRepeat],
    ['PATCH', `/${recurring.id}`, { due: null }, atDue],
    ['PATCH', `/${recurring.id}`, { due: null, done: true }, atDue]
  ]
  for (const [method, path, body, error] of requests) {
    const answer = await todos(method, path, body)
    t.strictSame(answer.body, invalid(answer, error), JSON.stringify(body))
  }
  const line = JSON.stringify({ title: 'b', repeat: DAILY })
  const imported = await todos('POST', '/import', line, NDJSON)
  t.strictSame(imported.body, invalid(imported, { ...atRepeat, pointer: '/0/repeat' }))
  const cleared = await todos('PATCH', `/${recurring.id}`, { due: null, repeat: null })
  t.match(cleared.body, { due: null, repeat: null })
})

t.test('to move one date keeps the series; its time and zone, too', async t => {
  const { todos, makeRecurring, complete, goTo } = await serveRecurring(t)
  const moves: [method: string, due: object][] = [
    ['PATCH', { date: '2026-01-07' }],
    ['PATCH', { dateTime: '2026-01-06T18:00:00', timeZone: 'Asia/Tokyo' }],
    ['PUT', { dateTime: '2026-01-04T10:00:00', timeZone: 'Europe/Berlin' }]
  ]
  const made = []
  for (const [method, due] of moves) {
    const todo = await makeRecurring('FREQ=WEEKLY', atNine('2026-01-05'))
    const body = method === 'PUT' ? { ...todo, due } : { due }
    t.strictSame((await todos(method, `/${todo.id}`, body)).body.due, due)
    made.push(todo.id)
  }
  await goTo('2026-01-07T12:00:00Z')
  for (const [index, id] of made.entries()) {
    const { body } = await complete(id)
    t.strictSame(body.due, atNine('2026-01-12'))
    t.strictSame(body.completed.occurrence, moves[index]?.[1])
  }
})

t.test('another rule, or the rule with a date, begins the series anew', async t => {
  const { todos, makeRecurring, complete } = await serveRecurring(t)
  const weekly = { rule: 'FREQ=WEEKLY', from: 'due' }
  const cases: [patch: object, next: string][] = [
    [{ due: { date: '2026-01-08' } }, '2026-01-13'],
    [{ due: { date: '2026-01-08' }, repeat: weekly }, '2026-01-15'],
    [{ repeat: { rule: 'FREQ=MONTHLY', from: 'due' } }, '2026-02-06'],
    [{ repeat: { rule: 'FREQ=WEEKLY;COUNT=9', from: 'due' } }, '2026-01-13'],
    [{ repeat: { rule: 'FREQ=WEEKLY', from: 'completion' } }, '2026-01-08']
  ]
  for (const [patch, next] of cases) {
    const { id } = await makeRecurring('FREQ=WEEKLY', { date: '2026-01-06' })
    await todos('PATCH', `/${id}`, patch)
    t.strictSame((await complete(id)).body.due, { date: next }, JSON.stringify(patch))
  }

  const todo = await makeRecurring('FREQ=DAILY;COUNT=2', { date: '2026-01-05' })
  const { body: second } = await complete(todo.id)
  const { due, repeat } = second
  const { completed: _, ...unchanged } = second
  t.strictSame((await todos('PATCH', `/${todo.id}`, { due, repeat })).body, unchanged, 'both as they are')
  t.match((await complete(todo.id)).body, { done: true })

  const moved = await makeRecurring('FREQ=WEEKLY', { date: '2026-01-05' })
  const there = { due: { date: '2026-01-07' }, repeat: weekly }
  await todos('PATCH', `/${moved.id}`, { due: there.due })
  t.equal((await todos('PATCH', `/${moved.id}`, there)).status, 200)
  t.strictSame((await complete(moved.id)).body.due, { date: '2026-01-14' })
})

t.test('export and import keep how todos repeat', async t => {
  const { todos, makeRecurring, complete, occurrences } = await serveRecurring(t)
  const { id } = await makeRecurring('FREQ=DAILY;COUNT=3', { date: '2026-01-05' })
  const { completed: _, ...todo } = (await complete(id)).body
  const { body: lines } = await todos('GET', '/export')
  await todos('DELETE', `/${id}?permanent=true`)
  t.match((await todos('POST', '/import', lines, NDJSON)).body, { created: 1 })
  const { body: imported } = await todos('GET', `/${id}`)
  t.strictSame(imported, { ...todo, etag: imported.etag })
  t.strictSame(await occurrences(id), [], 'a completion went with the todo')
  const dues = []
  for (let index = 0; index < 3; index++) dues.push((await complete(id)).body.due.date)
  t.strictSame(dues, ['2026-01-07', '2026-01-08', '2026-01-08'], 'the series begins anew')
})

t.test('the list can be asked for what repeats, and for the rest', async t => {
  const { todos, make, makeRecurring, complete } = await serveRecurring(t)
  const due = { date: '2026-01-05' }
  const { id } = await makeRecurring('FREQ=DAILY', due, 'due', { title: 'a' })
  await makeRecurring('FREQ=DAILY;COUNT=1', due, 'due', { title: 'b', done: true })
  await make('c')
  const titles = async (query: string) =>
    (await todos('GET', query)).body.items.map(({ title }: { title: string }) => title).join('')
  t.equal(await titles('?repeat=true'), 'ab')
  t.equal(await titles('?repeat=true&done=false'), 'a')
  t.equal(await titles('?repeat=true&sort=-title&limit=1'), 'b')
  t.equal(await titles('?repeat=false'), 'c')
  t.equal(await titles('?repeat=true&q=a'), 'a')
  await complete(id)
  t.equal((await todos('GET', '?repeat=true&count=true')).body.total, 2)
  await todos('PATCH', `/${id}`, { repeat: null })
  t.equal(await titles('?repeat=true'), 'b')
  const wrong = await todos('GET', '?repeat=1')
  t.strictSame(wrong.body, invalid(wrong, { parameter: 'repeat', detail: 'must be of type boolean' }))
})
