import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import ICAL from 'ical.js'
import t from 'tap'
import { allTables } from '../../../src/features.ts'
import type { Due } from '../../../src/todos/content/due.ts'
import { parseRule } from '../../../src/todos/recurrence/rule.ts'
import {
  advanceSeries,
  occursFrom,
  type Series,
  startSeries,
  toDay,
  toDue
} from '../../../src/todos/recurrence/series.ts'
import { day, ruleText } from '../recurrence/arbitrary-rule.ts'
import { findDaysElsewhere, isMisreadElsewhere } from '../recurrence/elsewhere.ts'
import { firstDays } from '../recurrence/series.ts'
import { serveCalendars } from './calendar-imports.ts'

const asCalendar = { accept: 'text/calendar' }
const BERLIN = 'Europe/Berlin'
const atNine = (date: string, timeZone = BERLIN) => ({ dateTime: `${date}T09:00:00`, timeZone })

/** A service with a user whose calendar can be read, and a second user who takes it. */
async function serveTwo(t: Parameters<typeof serveCalendars>[0]) {
  const service = await serveCalendars(t)
  const { accessToken, user } = await service.signUp()
  const theirs = (method: string, path = '', body?: unknown, headers: Record<string, string> = {}) =>
    service.call(method, `/api/todos${path}`, { token: accessToken, body, headers })
  const exportCalendar = async () => (await service.todos('GET', '/export', undefined, asCalendar)).body
  return {
    ...service,
    otherUserId: user.id,
    theirs,
    exportCalendar,
    takeElsewhere: (calendar: string) => service.take(calendar, { token: accessToken })
  }
}

const linesOf = (calendar: string) =>
  calendar
    .replaceAll('\r\n ', '')
    .split('\r\n')
    .filter(line => /^(DTSTART[;:]|DUE|DURATION|RRULE|RECURRENCE-ID)/.test(line))

/** The lines of the to-dos, without those of time zones. */
const todoLinesOf = (calendar: string) => linesOf(calendar.slice(calendar.indexOf('BEGIN:VTODO')))

t.test(
  '[R5545-3.3.10] a series is written from its present occurrence on, and ends as its start begins',
  async t => {
    const { todos, exportCalendar } = await serveTwo(t)
    const zone = (date: string, time = '090000') => `;TZID=${BERLIN}:${date}T${time}`
    const date = (text: string) => `;VALUE=DATE:${text}`
    const cases: [rule: string, due: object, completions: number, lines: string[]][] = [
      ['FREQ=WEEKLY', { date: '2026-01-05' }, 0, [date('20260105'), 'P0D', 'FREQ=WEEKLY']],
      ['FREQ=WEEKLY', atNine('2026-01-05'), 2, [zone('20260119'), 'PT0S', 'FREQ=WEEKLY']],
      ['FREQ=DAILY;COUNT=5', { date: '2026-01-05' }, 0, [date('20260105'), 'P0D', 'FREQ=DAILY;COUNT=5']],
      [
        'FREQ=DAILY;COUNT=5',
        { date: '2026-01-05' },
        3,
        [date('20260108'), 'P0D', 'FREQ=DAILY;UNTIL=20260109']
      ],
      [
        'FREQ=DAILY;COUNT=5',
        atNine('2026-01-05'),
        1,
        [zone('20260106'), 'PT0S', 'FREQ=DAILY;UNTIL=20260109T225959Z']
      ],
      [
        'FREQ=DAILY;UNTIL=20260706',
        atNine('2026-07-04'),
        0,
        [zone('20260704'), 'PT0S', 'FREQ=DAILY;UNTIL=20260706T215959Z']
      ],
      [
        'FREQ=DAILY;UNTIL=20260706T070000Z',
        { date: '2026-07-04' },
        0,
        [date('20260704'), 'P0D', 'FREQ=DAILY;UNTIL=20260706']
      ],
      [
        'FREQ=DAILY;UNTIL=99991231',
        { dateTime: '2026-07-04T09:00:00', timeZone: 'Pacific/Pago_Pago' },
        0,
        [';TZID=Pacific/Pago_Pago:20260704T090000', 'PT0S', 'FREQ=DAILY;UNTIL=99991231T235959Z']
      ]
    ]
    for (const [rule, due, completions, [start, duration, text]] of cases) {
      const { body: todo } = await todos('POST', '', { title: 'x', due, repeat: { rule, from: 'due' } })
      for (let count = 0; count < completions; count += 1) await todos('PATCH', `/${todo.id}`, { done: true })
      t.strictSame(
        todoLinesOf(await exportCalendar()),
        [`DTSTART${start}`, `DURATION:${duration}`, `RRULE:${text}`],
        rule
      )
      await todos('DELETE', `/${todo.id}?permanent=true`)
    }
    const counted = { rule: 'FREQ=DAILY;COUNT=5', from: 'completion' }
    const { body } = await todos('POST', '', { title: 'x', due: { date: '2026-01-05' }, repeat: counted })
    await todos('PATCH', `/${body.id}`, { done: true })
    t.strictSame(todoLinesOf(await exportCalendar()), [
      'DTSTART;VALUE=DATE:20260102',
      'DURATION:P0D',
      'RRULE;X-LATCHKEY-FROM=COMPLETION:FREQ=DAILY;COUNT=4'
    ])
  }
)

t.test('a series in a zone that nobody knows ends at a local time, as it begins', async t => {
  const { app, todos, exportCalendar } = await serveTwo(t)
  const repeat = { rule: 'FREQ=DAILY;UNTIL=20260706', from: 'due' }
  const { body } = await todos('POST', '', { title: 'x', due: atNine('2026-07-04'), repeat })
  const { db, kit } = app.store
  const { todos: table } = allTables(kit)
  const start = atNine('2026-07-04', 'Mars/Olympus')
  const series = { start, current: '2026-07-04', last: '2026-07-06', remaining: null }
  await db.update(table).set({ due: start, series, changeNumber: 0 }).where(eq(table.id, body.id))
  t.strictSame(todoLinesOf(await exportCalendar()), [
    'DTSTART:20260704T090000',
    'DURATION:PT0S',
    'RRULE:FREQ=DAILY;UNTIL=20260706T235959'
  ])
})

t.test('a moved occurrence has a component of its own, and is taken back', async t => {
  const { todos, theirs, exportCalendar, takeElsewhere } = await serveTwo(t)
  const cases: [due: object, moved: object, lines: string[], next: object][] = [
    [
      { date: '2026-01-05' },
      { date: '2026-01-07' },
      [
        'DTSTART;VALUE=DATE:20260105',
        'DURATION:P0D',
        'RRULE:FREQ=WEEKLY',
        'RECURRENCE-ID;VALUE=DATE:20260105',
        'DUE;VALUE=DATE:20260107'
      ],
      { date: '2026-01-12' }
    ],
    [
      atNine('2026-01-05'),
      atNine('2026-01-07', 'Asia/Tokyo'),
      [
        `DTSTART;TZID=${BERLIN}:20260105T090000`,
        'DURATION:PT0S',
        'RRULE:FREQ=WEEKLY',
        `RECURRENCE-ID;TZID=${BERLIN}:20260105T090000`,
        'DUE;TZID=Asia/Tokyo:20260107T090000'
      ],
      atNine('2026-01-12')
    ],
    [
      { date: '2026-01-05' },
      atNine('2026-01-05'),
      [
        'DTSTART;VALUE=DATE:20260105',
        'DURATION:P0D',
        'RRULE:FREQ=WEEKLY',
        'RECURRENCE-ID;VALUE=DATE:20260105',
        `DUE;TZID=${BERLIN}:20260105T090000`
      ],
      { date: '2026-01-12' }
    ]
  ]
  for (const [due, moved, lines, next] of cases) {
    const content = { title: 'x', description: 'y', tags: ['a', 'b'], priority: 'high' }
    const { body: todo } = await todos('POST', '', {
      ...content,
      due,
      repeat: { rule: 'FREQ=WEEKLY', from: 'due' }
    })
    await todos('PATCH', `/${todo.id}`, { due: moved })
    const calendar = await exportCalendar()
    t.strictSame(todoLinesOf(calendar), lines)
    for (const zone of new Set(calendar.match(/(?<=TZID=)[^:]*/g)))
      t.ok(calendar.includes(`TZID:${zone}\r\n`))
    t.strictSame((await takeElsewhere(calendar)).body, { created: 1, existing: 0 })
    const { items } = (await theirs('GET')).body
    t.match(items, [{ ...content, id: todo.id, due: moved, repeat: todo.repeat, position: todo.position }])
    t.equal(items.length, 1)
    t.match((await theirs('PATCH', `/${todo.id}`, { done: true })).body, {
      due: next,
      completed: { occurrence: moved }
    })
    for (const delete_ of [todos, theirs]) await delete_('DELETE', `/${todo.id}?permanent=true`)
  }
})

t.test('of changed occurrences only the date of the present one is taken over', async t => {
  const { take, list, todos } = await serveCalendars(t)
  const calendarOf = (...occurrence: string[]) =>
    [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'BEGIN:VTODO',
      'UID:one',
      'SUMMARY:One',
      'STATUS:NEEDS-ACTION',
      'DTSTART;TZID=Europe/Berlin:20260105T090000',
      'DURATION:PT0S',
      'RRULE:FREQ=WEEKLY',
      'END:VTODO',
      'BEGIN:VTODO',
      ...occurrence,
      'END:VTODO',
      'END:VCALENDAR',
      ''
    ].join('\r\n')
  const [id, status] = ['RECURRENCE-ID;TZID=Europe/Berlin:20260105T090000', 'STATUS:NEEDS-ACTION']
  const [start, moved] = [atNine('2026-01-05'), atNine('2026-01-07')]
  const due = 'DUE;TZID=Europe/Berlin:20260107T090000'
  const leftOut = 'this change of one occurrence (RECURRENCE-ID) was left out as a whole'
  const ownTitle = 'SUMMARY of one occurrence was left out: only its date may be another'
  const ownPriority = 'PRIORITY of one occurrence was left out: only its date may be another'
  const cases: [occurrence: string[], due: object, notes: [line: number, detail: string][]][] = [
    [['UID:one', id, 'SUMMARY:One', status, due], moved, []],
    [
      ['UID:one', id, 'SUMMARY:Two', status, due, 'PRIORITY:1'],
      moved,
      [
        [14, ownTitle],
        [17, ownPriority]
      ]
    ],
    [['UID:one', 'RECURRENCE-ID:20260105', 'SUMMARY:One', status, due], moved, []],
    [['UID:one', id, 'SUMMARY:One', 'STATUS:COMPLETED', due], start, [[13, leftOut]]],
    [['UID:one', id, 'SUMMARY:One', status], start, [[13, leftOut]]],
    [
      ['UID:one', 'RECURRENCE-ID;TZID=Europe/Berlin:20260112T090000', 'SUMMARY:One', status, due],
      start,
      [[13, leftOut]]
    ],
    [['UID:one', 'RECURRENCE-ID:soon', 'SUMMARY:One', status, due], start, [[13, leftOut]]],
    [['UID:two', id, 'SUMMARY:One', status, due], start, [[13, leftOut]]],
    [[id, 'SUMMARY:One', status, due], start, [[12, leftOut]]]
  ]
  for (const [occurrence, expected, notes] of cases) {
    const answer = await take(calendarOf(...occurrence))
    t.equal(answer.status, 200)
    const uid = occurrence[0]?.startsWith('UID') && occurrence[0].slice(4)
    const all = notes.map(([line, detail]) => ({ line, ...(uid && { uid }), detail }))
    t.strictSame(answer.body, { created: 1, existing: 0, ...(all.length > 0 && { notes: all }) })
    const [todo] = await list()
    t.match(todo, { title: 'One', due: expected, repeat: { rule: 'FREQ=WEEKLY' } })
    await todos('DELETE', `/${todo.id}?permanent=true`)
  }
})

t.test('the order by hand comes back', async t => {
  const { todos, theirs, make, titles, exportCalendar, takeElsewhere } = await serveTwo(t)
  const [a, , c, d] = await make('a', 'b', 'c', 'd')
  await todos('POST', `/${d.id}/move`, { to: 'top' })
  await todos('POST', `/${a.id}/move`, { after: c.id })
  const order = await titles()
  t.strictSame(order, ['d', 'b', 'c', 'a'])
  t.strictSame((await takeElsewhere(await exportCalendar())).body, { created: 4, existing: 0 })
  t.strictSame(
    (await theirs('GET')).body.items.map(({ title }: { title: string }) => title),
    order
  )
})

/** The due dates of a series that is completed on them. */
function walk(repeat: { rule: string; from: 'due' | 'completion' }, begun: Series, count: number) {
  const dues: Due[] = []
  let series: Series | undefined = begun
  while (series && dues.length < count) {
    dues.push(toDue(series))
    series = advanceSeries(repeat, series, { today: series.current, due: series.current })
  }
  return dues
}

const zone = fc.constantFrom(BERLIN, 'America/New_York', 'Pacific/Auckland', 'Asia/Kathmandu', 'Africa/Cairo')
const time = fc.constantFrom('00:00:00', '02:30:00', '09:00:00', '23:59:59')
const due = day.chain(date =>
  fc.oneof(
    fc.constant({ date }),
    fc.tuple(time, zone).map(([clock, timeZone]) => ({ dateTime: `${date}T${clock}`, timeZone }))
  )
)
const series = fc.record({
  rule: ruleText,
  from: fc.constantFrom('due' as const, 'completion' as const),
  due,
  completions: fc.nat(4),
  moveBy: fc.option(fc.integer({ min: -3, max: 40 }))
})

const addDays = (date: string, days: number) =>
  new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10)

t.test(
  '[SERIES] an export that is imported goes on with the same occurrences, for rules of each kind',
  async t => {
    const { app, todos, exportCalendar, takeElsewhere, otherUserId } = await serveTwo(t)
    const samples = fc
      .sample(series, { numRuns: 250, seed: Number(process.env.SEED ?? 11) })
      .filter(({ rule, due: start }) => occursFrom(rule, start))
    t.ok(samples.length > 80)
    const expected = new Map<string, { title: string; due: Due; dues: Due[] }>()
    for (const { rule, from, due: start, completions, moveBy } of samples) {
      const made = await todos('POST', '', { title: rule, due: start, repeat: { rule, from } })
      t.equal(made.status, 201)
      let { body } = made
      let own = startSeries({ rule, from }, start)
      for (let count = 0; count < completions; count += 1) {
        const next = advanceSeries({ rule, from }, own, { today: todayOf(own), due: own.current })
        if (!next) break
        body = (await todos('PATCH', `/${body.id}`, { done: true })).body
        own = next
      }
      const due = moveBy === null ? body.due : { date: addDays(toDay(body.due), moveBy) }
      t.match((await todos('PATCH', `/${body.id}`, { due })).body, { done: false, due })
      const title = `${rule} by ${from} from ${JSON.stringify(start)}`
      expected.set(body.id, { title, due, dues: walk({ rule, from }, own, 10) })
    }

    const calendar = await exportCalendar()
    t.strictSame((await takeElsewhere(calendar)).body, { created: expected.size, existing: 0 })
    const { todos: table } = allTables(app.store.kit)
    const rows = await app.store.db.select().from(table).where(eq(table.userId, otherUserId))
    t.equal(rows.length, expected.size)
    for (const { id, due, repeat, series: taken } of rows) {
      const original = expected.get(id)
      t.strictSame(due, original?.due, `${original?.title}`)
      const dues = repeat && taken && walk(repeat, taken, 10)
      t.strictSame(dues, original?.dues, `${original?.title} became ${repeat?.rule}`)
    }

    // Another program reads the same days.
    const components = new ICAL.Component(ICAL.parse(calendar) as unknown[]).getAllSubcomponents('vtodo')
    let compared = 0
    for (const component of components) {
      const rule = component.getFirstProperty('rrule')
      if (!rule || rule.getParameter('x-latchkey-from')) continue
      const [id = ''] = String(component.getFirstPropertyValue('uid')).split('@')
      const original = expected.get(id)
      const [start = ''] = (original?.dues ?? []).map(toDay)
      const text = String(rule.getFirstValue())
      // Programs differ in whether COUNT counts a start that the rule does not select.
      const isSelected = firstDays(parseRule(text), start, 1)[0] === start
      if (isMisreadElsewhere(parseRule(text)) || (text.includes('COUNT') && !isSelected)) continue
      const startLine = String(component.getFirstProperty('dtstart')?.toICALString())
      const { days, isComplete } = findDaysElsewhere(text, startLine, 10)
      const [own, others] = [original?.dues.map(toDay) ?? [], isSelected ? days : [start, ...days]]
      const message = `${original?.title} was written as ${text}`
      t.strictSame(isComplete ? own : own.slice(0, others.length), others.slice(0, 10), message)
      compared += 1
    }
    t.ok(compared > 20)
  }
)

/** In January 2026, in the zone of a series. */
function todayOf({ start }: Series) {
  if ('date' in start) return '2026-01-01'
  return new Intl.DateTimeFormat('en-CA', { timeZone: start.timeZone }).format(
    new Date('2026-01-01T00:00:00Z')
  )
}
