import fc from 'fast-check'
import t from 'tap'
import { convertIcsCalendar } from 'ts-ics'
import { timeZoneOf } from '../../src/todos/calendar-zones.ts'
import { signedIn } from './signed-in.ts'

/** A calendar's lines, unfolded; each line as it came is checked against RFC 5545, section 3.1. */
function linesOf(t: Tap, calendar: string): string[] {
  const raw = calendar.split('\r\n')
  t.equal(raw.pop(), '')
  t.strictSame(
    raw.filter(line => Buffer.byteLength(line) > 75 || /[\n\r]/.test(line)),
    []
  )
  return calendar.replaceAll('\r\n ', '').trimEnd().split('\r\n')
}
type Tap = Parameters<typeof signedIn>[0]

const asCalendar = { accept: 'text/calendar' }

t.test('a calendar has a todo with all that it is, and none of the trash', async t => {
  const { clock, todos, make } = await signedIn(t)
  const { body: a } = await todos('POST', '', {
    title: 'Buy, milk; \\ "now"',
    description: 'one\ntwo\r\nthree\tfour',
    due: { date: '2026-03-29' },
    priority: 'high',
    tags: ['x,y', 'shopping']
  })
  const [b, c, d] = await make('b', 'c', 'd')
  clock.pass(60)
  await todos('PATCH', `/${b.id}`, { done: true, priority: 'low' })
  await todos('PATCH', `/${b.id}`, { due: { dateTime: '2026-03-29T02:30:00', timeZone: 'Europe/Berlin' } })
  await todos('DELETE', `/${c.id}`)

  const answer = await todos('GET', '/export', undefined, asCalendar)
  t.match(answer, {
    status: 200,
    headers: {
      'content-type': 'text/calendar; charset=utf-8',
      'content-disposition': 'attachment; filename="todos.ics"',
      vary: 'Accept'
    }
  })
  const lines = linesOf(t, answer.body)
  const zone = lines.indexOf('BEGIN:VTIMEZONE')
  const zoneEnd = lines.indexOf('END:VTIMEZONE')
  t.ok(lines.slice(zone, zoneEnd).includes('TZID:Europe/Berlin'))
  t.strictSame(
    [...lines.slice(0, zone), ...lines.slice(zoneEnd + 1)],
    [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//Latchkey//Todos//EN',
      'BEGIN:VTODO',
      `UID:${a.id}@latchkey`,
      'DTSTAMP:20260101T000000Z',
      'CREATED:20260101T000000Z',
      'LAST-MODIFIED:20260101T000000Z',
      'SUMMARY:Buy\\, milk\\; \\\\ "now"',
      'DESCRIPTION:one\\ntwo\\nthree\tfour',
      'DUE;VALUE=DATE:20260329',
      'PRIORITY:1',
      'CATEGORIES:shopping,x\\,y',
      'STATUS:NEEDS-ACTION',
      'PERCENT-COMPLETE:0',
      'END:VTODO',
      'BEGIN:VTODO',
      `UID:${b.id}@latchkey`,
      'DTSTAMP:20260101T000100Z',
      'CREATED:20260101T000000Z',
      'LAST-MODIFIED:20260101T000100Z',
      'SUMMARY:b',
      'DUE;TZID=Europe/Berlin:20260329T023000',
      'PRIORITY:9',
      'STATUS:COMPLETED',
      'PERCENT-COMPLETE:100',
      'COMPLETED:20260101T000100Z',
      'END:VTODO',
      'BEGIN:VTODO',
      `UID:${d.id}@latchkey`,
      'DTSTAMP:20260101T000000Z',
      'CREATED:20260101T000000Z',
      'LAST-MODIFIED:20260101T000000Z',
      'SUMMARY:d',
      'STATUS:NEEDS-ACTION',
      'PERCENT-COMPLETE:0',
      'END:VTODO',
      'END:VCALENDAR'
    ]
  )
})

t.test('each zone comes once, before its first use, under the name that it was given by', async t => {
  const { todos } = await signedIn(t)
  const zones = [
    'Asia/Calcutta',
    'Europe/Berlin',
    'Asia/Kolkata',
    'Asia/Calcutta',
    'Etc/GMT+12',
    'europe/berlin'.replace('e', 'E')
  ]
  // A name that is in no list of ours: rules are known of none of its times.
  for (const timeZone of [...zones, 'US/Pacific-New'])
    await todos('POST', '', { title: 'x', due: { dateTime: '2026-07-01T09:00:00', timeZone } })
  const { body } = await todos('GET', '/export', undefined, asCalendar)
  t.strictSame(
    linesOf(t, body).filter(line => /^(TZID|DUE)/.test(line)),
    [
      'TZID:Asia/Calcutta',
      'DUE;TZID=Asia/Calcutta:20260701T090000',
      'TZID:Europe/Berlin',
      'DUE;TZID=Europe/Berlin:20260701T090000',
      'TZID:Asia/Kolkata',
      'DUE;TZID=Asia/Kolkata:20260701T090000',
      'DUE;TZID=Asia/Calcutta:20260701T090000',
      'TZID:Etc/GMT+12',
      'DUE;TZID=Etc/GMT+12:20260701T090000',
      'DUE;TZID=Europe/Berlin:20260701T090000',
      'DUE:20260701T090000'
    ]
  )
})

t.test('the rules of every zone are there', async t => {
  const missing = Intl.supportedValuesOf('timeZone').filter(name => {
    const [kind, properties, rules = []] = timeZoneOf(name)?.component ?? []
    return kind !== 'vtimezone' || properties?.[0]?.[3] !== name || rules.length === 0
  })
  t.strictSame(missing, [])
})

/** Local times about the hours that a clock skips or shows twice, in zones that change on other days than Europe's. */
const due = fc.oneof(
  fc.record({
    date: fc
      .date({ min: new Date('1970-01-01'), max: new Date('2200-01-01'), noInvalidDate: true })
      .map(day => day.toISOString().slice(0, 10))
  }),
  fc.record({
    dateTime: fc
      .tuple(
        fc.constantFrom('2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01', '2026-10-04', '2026-04-05'),
        fc.nat(239)
      )
      .map(
        ([day, minutes]) =>
          `${day}T${`${Math.floor(minutes / 60)}`.padStart(2, '0')}:${`${minutes % 60}`.padStart(2, '0')}:00`
      ),
    timeZone: fc.constantFrom(
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'Africa/Cairo'
    )
  })
)
const words = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 120 })
  .filter(value => value.trim() !== '' && !/\p{Cc}/u.test(value))
const content = fc.record({
  title: words,
  description: fc.option(words),
  due,
  tags: fc.uniqueArray(
    words.map(word => word.trim().slice(0, 20).trim()).filter(word => word !== '' && word.isWellFormed()),
    { maxLength: 3 }
  )
})

t.test('another parser reads what was written, in any zone and at any change of the clocks', async t => {
  const { todos } = await signedIn(t)
  const contents = fc.sample(content, { numRuns: 120, seed: 7 })
  for (const body of contents) t.equal((await todos('POST', '', body)).status, 201)
  const { body: calendar } = await todos('GET', '/export', undefined, asCalendar)
  linesOf(t, calendar)
  const parsed = convertIcsCalendar(undefined, calendar)
  t.equal(parsed.todos?.length, contents.length)
  for (const [index, { title, description, due, tags }] of contents.entries()) {
    const todo = parsed.todos?.[index]
    const day = 'date' in due
    t.match(
      {
        title: todo?.summary,
        description: todo?.description ?? null,
        tags: todo?.categories ?? [],
        due: [todo?.due?.type ?? 'DATE-TIME', todo?.due?.local?.timezone]
      },
      {
        title: title.trim(),
        description,
        tags: tags.toSorted(),
        due: [day ? 'DATE' : 'DATE-TIME', day ? undefined : due.timeZone]
      }
    )
    const shown = day ? todo?.due?.date : todo?.due?.local?.date
    t.equal(shown?.toISOString().slice(0, day ? 10 : 19), day ? due.date : due.dateTime)
  }
})
