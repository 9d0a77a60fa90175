import t from 'tap'
import { toLocalDateTime } from '../../../src/time/time-zones.ts'
import { importTodos } from '../../../src/todos/transfer/import.ts'
import { invalid, serveSignedIn } from '../signed-in.ts'

/** Named by their due dates. */
const dues = {
  'the day before': { date: '2025-12-31' },
  'that day': { date: '2026-01-01' },
  'at eight in Tokyo': { dateTime: '2026-01-01T08:00:00', timeZone: 'Asia/Tokyo' },
  'at nine in New York': { dateTime: '2026-01-01T09:00:00', timeZone: 'America/New_York' },
  'at some time': null
}

/** Seconds: these tests move the clock by days. */
const YEARS = `${800 * 86_400}`
const LONG_TOKENS = { ACCESS_TOKEN_TTL: `${700 * 86_400}`, REFRESH_TOKEN_TTL: YEARS, SESSION_TTL: YEARS }

async function withDues(t: Parameters<typeof serveSignedIn>[0]) {
  const service = await serveSignedIn(t, LONG_TOKENS)
  for (const [title, due] of Object.entries(dues)) await service.todos('POST', '', { title, due })
  return service
}

t.test('a todo is overdue when calendar and clock in the zone of the asker show a later time', async t => {
  const { clock, todos, titles } = await withDues(t)
  const { body } = await todos('POST', '', { title: 'done', done: true, due: { date: '2000-01-01' } })
  const [before, day, eight, nine] = Object.keys(dues)
  // The clock of the service shows midnight (UTC).
  const cases: [string, (string | undefined)[]][] = [
    ['UTC', [before]],
    ['Europe/Berlin', [before]],
    ['America/New_York', []],
    ['Etc/GMT+12', []],
    ['Pacific/Honolulu', []],
    // Nine o'clock is past when it is over, as it is in the order of due dates.
    ['Asia/Tokyo', [before, eight]],
    ['Pacific/Kiritimati', [before, eight, nine]]
  ]
  for (const [zone, expected] of cases) {
    const query = `?overdue=true&timeZone=${encodeURIComponent(zone)}`
    t.strictSame(await titles(query), expected, zone)
    t.equal((await todos('GET', `${query}&count=true`)).body.total, expected.length)
  }
  clock.advance(1)
  t.strictSame(await titles('?overdue=true&timeZone=Asia/Tokyo'), [before, eight, nine], 'a second later')
  clock.advance(15 * 3600 - 2)
  t.strictSame(await titles('?overdue=true&timeZone=Asia/Tokyo'), [before, eight, nine], 'the day lasts')
  clock.advance(1)
  t.strictSame(await titles('?overdue=true&timeZone=Asia/Tokyo'), [before, day, eight, nine], 'it is over')

  for (const [condition, expected] of [
    ['sort=-due', [day, nine, eight, before]],
    ['dueAfter=2025-12-31', [day, eight, nine]],
    ['done=true', []],
    ['due=none', []],
    ['deleted=true', []]
  ] as const)
    t.strictSame(await titles(`?overdue=true&timeZone=Asia/Tokyo&${condition}`), expected, condition)
  await todos('PATCH', `/${body.id}`, { done: false })
  t.strictSame(await titles('?overdue=true&timeZone=Asia/Tokyo&limit=1&sort=due'), ['done'], 'opened again')
})

t.test('what calendar and clock show, also where the clocks have just changed', async t => {
  for (const [instant, zone, expected] of [
    ['2026-03-29T00:59:59.999Z', 'Europe/Berlin', '2026-03-29T01:59:59'],
    ['2026-03-29T01:00:00.000Z', 'Europe/Berlin', '2026-03-29T03:00:00'],
    ['2026-10-25T01:00:00.000Z', 'Europe/Berlin', '2026-10-25T02:00:00'],
    ['2026-01-01T00:00:00.000Z', 'Asia/Kathmandu', '2026-01-01T05:45:00'],
    ['1972-01-07T00:44:29.000Z', 'Africa/Monrovia', '1972-01-06T23:59:59'],
    ['2026-01-01T00:00:00.000Z', 'US/Pacific', '2025-12-31T16:00:00']
  ] as const)
    t.equal(toLocalDateTime(new Date(instant), zone), expected, `${instant} ${zone}`)
})

t.test('overdue and timeZone go together', async t => {
  const { todos } = await withDues(t)
  const missing = { name: 'timeZone', detail: 'is required with overdue' }
  const alone = { name: 'timeZone', detail: 'goes with overdue only' }
  const onlyTrue = {
    name: 'overdue',
    detail:
      'is not accepted; give true, for open todos whose due date is past by calendar and clock in timeZone'
  }
  const noZone = {
    name: 'timeZone',
    detail: 'is not accepted; give the name of a time zone (IANA) such as Europe/Berlin'
  }
  const cases: [Record<string, unknown>, object & { name: string; detail: string }][] = [
    [{ overdue: true }, missing],
    [{ overdue: true, done: false }, missing],
    [{ timeZone: 'UTC', done: false }, alone],
    [{ timeZone: 'Europe/Berlin', dueBefore: '2026-01-01' }, alone],
    [{ overdue: false }, onlyTrue],
    [{ overdue: false, timeZone: 'UTC' }, onlyTrue],
    [{ overdue: true, timeZone: '' }, noZone],
    [{ overdue: true, timeZone: '+01:00' }, noZone],
    [{ overdue: true, timeZone: 'Europe/Bonn' }, noZone],
    [{ overdue: true, timeZone: 'BST' }, noZone]
  ]
  for (const [where, { name, detail }] of cases) {
    const query = new URLSearchParams()
    for (const [key, value] of Object.entries(where)) query.append(key, `${value}`)
    const list = await todos('GET', `?${query}`)
    t.strictSame(list.body, invalid(list, { parameter: name, detail }), `${query}`)
    for (const operation of [
      { op: 'delete', where },
      { op: 'patch', where, changes: { done: true } }
    ]) {
      const batch = await todos('POST', '/batch', { operations: [operation] })
      t.equal(batch.status, 400)
      t.strictSame(batch.body.errors, [{ pointer: `/operations/0/where/${name}`, detail }], `${query}`)
    }
  }
  for (const [query, parameter, detail] of [
    ['overdue=1', 'overdue', 'must be of type boolean'],
    ['overdue=TRUE&timeZone=UTC', 'overdue', 'must be of type boolean'],
    ['overdue=true&timezone=UTC', 'timezone', 'is not known; did you mean timeZone?']
  ] as const) {
    const answer = await todos('GET', `?${query}`)
    t.strictSame(answer.body, invalid(answer, { parameter, detail }), query)
  }
  t.equal((await todos('GET')).body.items.length, 5, 'nothing was done')
})

t.test('a page of overdue todos changes with the clock, and its ETag with it', async t => {
  const { clock, todos } = await withDues(t)
  const list = (headers = {}) => todos('GET', '?overdue=true&timeZone=Asia/Tokyo', undefined, headers)
  const first = await list()
  t.equal((await list({ 'if-none-match': first.headers.etag })).status, 304)
  t.equal((await list({ 'if-none-match': '*' })).status, 304)
  clock.advance(1)
  const second = await list({ 'if-none-match': first.headers.etag })
  t.equal(second.status, 200)
  t.equal(second.body.items.length, 3)
  t.not(second.headers.etag, first.headers.etag)
  clock.advance(1)
  t.equal((await list({ 'if-none-match': second.headers.etag })).status, 304, 'the same page, a second later')
})

t.test('a walk through the pages yields each todo that was overdue at its start once', async t => {
  const { clock, todos } = await withDues(t)
  const seen: string[] = []
  let next: string | null = '?overdue=true&timeZone=Asia/Tokyo&sort=due&limit=1'
  while (next !== null) {
    const { body, headers } = await todos('GET', next)
    seen.push(...body.items.map(({ title }: { title: string }) => title))
    clock.advance(8 * 3600)
    next = /^<\/api\/todos(.*)>; rel="next"$/.exec(headers.link ?? '')?.[1] ?? null
  }
  t.strictSame(seen, ['the day before', 'at eight in Tokyo', 'at nine in New York', 'that day'])
  const { nextCursor } = (await todos('GET', '?overdue=true&timeZone=Asia/Tokyo&limit=1')).body
  for (const other of ['overdue=true&timeZone=UTC', 'done=false']) {
    const answer = await todos('GET', `?${other}&cursor=${nextCursor}`)
    const detail = 'is of a list with another filter or order; begin this one without'
    t.strictSame(answer.body, invalid(answer, { parameter: 'cursor', detail }), other)
  }
})

t.test('overdue todos can be completed or deleted at once, of few todos and of very many', async t => {
  const { app, user, clock, todos, titles } = await withDues(t)
  const batch = (operation: object, validateOnly = false) =>
    todos('POST', '/batch', { operations: [operation], validateOnly })
  const where = { overdue: true, timeZone: 'Asia/Tokyo' }
  const complete = { op: 'patch', where, changes: { done: true } }
  t.strictSame((await batch(complete, true)).body.results, [{ count: 2 }])
  t.strictSame((await batch(complete)).body.results, [{ count: 2 }])
  t.strictSame((await batch(complete)).body.results, [{ count: 0 }])
  t.strictSame(await titles('?done=true'), ['the day before', 'at eight in Tokyo'])

  const lines = Array.from({ length: 300 }, (_, index) => ({
    title: `${index}`,
    due: { date: index % 2 === 0 ? '2025-12-31' : '2026-01-01' }
  }))
  const text = lines.map(line => JSON.stringify(line)).join('\n')
  await importTodos(app.store, { userId: user.id, text, key: undefined, check: () => [] })
  // Each look at the clock is a day later than the one before: all slices must go by the first.
  const { now } = app.store
  Object.assign(app.store, {
    now: () => {
      const time = now()
      clock.advance(86_400)
      return time
    }
  })
  t.strictSame((await batch({ op: 'delete', where })).body.results, [{ count: 150 }])
  t.equal((await todos('GET', '?due=none&count=true')).body.total, 1)
  t.strictSame((await batch({ op: 'delete', where: { due: 'none' } })).body.results, [{ count: 1 }])
  const completed = { completedBefore: '2026-01-01T00:00:00.001Z' }
  t.strictSame((await batch({ op: 'delete', where: completed })).body.results, [{ count: 2 }])
})
