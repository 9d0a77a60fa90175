import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import ICAL from 'ical.js'
import t from 'tap'
import { convertIcsCalendar } from 'ts-ics'
import { allTables } from '../../../src/features.ts'
import { toCalendar } from '../../../src/todos/transfer/export/calendar.ts'
import { expectedProblem } from '../../support/service.ts'
import { afterAuthentication, serveSignedIn } from '../signed-in.ts'

/** The unfolded lines of a calendar. Checks the folding (RFC 5545, section 3.1). */
function linesOf(t: Tap, calendar: string): string[] {
  const raw = calendar.split('\r\n')
  t.equal(raw.pop(), '')
  t.strictSame(
    raw.filter(line => Buffer.byteLength(line) > 75 || /[\n\r]/.test(line)),
    []
  )
  return calendar.replaceAll('\r\n ', '').trimEnd().split('\r\n')
}
type Tap = Parameters<typeof serveSignedIn>[0]

const asCalendar = { accept: 'text/calendar' }

t.test('a calendar has every field of a todo, and no todo of the trash', async t => {
  const { clock, todos, make } = await serveSignedIn(t)
  const { body: a } = await todos('POST', '', {
    title: 'Buy, milk; \\ "now"',
    description: 'one\ntwo\r\nthree\tfour',
    due: { date: '2026-03-29' },
    priority: 'high',
    tags: ['x,y', 'shopping']
  })
  const [b, c, d] = await make('b', 'c', 'd')
  clock.advance(60)
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
      `X-LATCHKEY-POSITION:${a.position}`,
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
      `X-LATCHKEY-POSITION:${b.position}`,
      'END:VTODO',
      'BEGIN:VTODO',
      `UID:${d.id}@latchkey`,
      'DTSTAMP:20260101T000000Z',
      'CREATED:20260101T000000Z',
      'LAST-MODIFIED:20260101T000000Z',
      'SUMMARY:d',
      'STATUS:NEEDS-ACTION',
      'PERCENT-COMPLETE:0',
      `X-LATCHKEY-POSITION:${d.position}`,
      'END:VTODO',
      'END:VCALENDAR'
    ]
  )
})

t.test('each zone comes once, before its first use, under its own name', async t => {
  const { app, todos } = await serveSignedIn(t)
  const zones = [
    'Asia/Calcutta',
    'Europe/Berlin',
    'Asia/Kolkata',
    'Asia/Calcutta',
    'Etc/GMT+12',
    'Europe/BERLIN',
    'EST'
  ]
  const due = (timeZone: string) => ({ dateTime: '2026-07-01T09:00:00', timeZone })
  for (const timeZone of zones) await todos('POST', '', { title: 'x', due: due(timeZone) })
  // Stored zones whose names are refused now, and one that not even the platform knows.
  for (const timeZone of ['PST', 'Mars/Olympus', 'Mars/Olympus']) {
    const { body } = await todos('POST', '', { title: 'x' })
    const { db, kit } = app.store
    const tables = allTables(kit)
    const columns = { due: due(timeZone), dueKey: '2026-07-01T09:00:00', changeNumber: 0 }
    await db.update(tables.todos).set(columns).where(eq(tables.todos.id, body.id))
  }
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
      'TZID:EST',
      'DUE;TZID=EST:20260701T090000',
      'TZID:PST',
      'DUE;TZID=PST:20260701T090000',
      'DUE:20260701T090000',
      'DUE:20260701T090000'
    ]
  )
})

t.test('a zone has the clock changes around the years in which todos are due', async t => {
  const { todos } = await serveSignedIn(t)
  for (const dateTime of [
    '2026-06-01T09:00:00',
    '0001-01-01T00:00:00',
    '9999-12-31T23:59:59',
    '1916-06-01T09:00:00'
  ])
    await todos('POST', '', { title: 'x', due: { dateTime, timeZone: 'Europe/Lisbon' } })
  await todos('POST', '', { title: 'x', due: { date: '2050-01-01' } })
  const { body } = await todos('GET', '/export', undefined, asCalendar)
  const lines = linesOf(t, body)
  const zone = lines.slice(lines.indexOf('BEGIN:VTIMEZONE'), lines.indexOf('END:VTIMEZONE') + 1)
  const observance = (kind: string, time: string, from: string, to: string) => [
    `BEGIN:${kind}`,
    `DTSTART:${time}`,
    `TZOFFSETFROM:${from}`,
    `TZOFFSETTO:${to}`,
    `END:${kind}`
  ]
  const years = (dates: string[]) =>
    dates.flatMap((date, index) =>
      index % 2 === 0
        ? observance('DAYLIGHT', `${date}T010000`, '+0000', '+0100')
        : observance('STANDARD', `${date}T020000`, '+0100', '+0000')
    )
  t.strictSame(
    zone.filter(line => line.startsWith('DTSTART')).map(line => line.slice(8, 16)),
    [
      ...['00010101'],
      ...['19150101', '19160617', '19161101', '19170301', '19171015'],
      ...['20250101', '20250330', '20251026', '20260329', '20261025', '20270328', '20271031'],
      ...['99980101', '99980329', '99981025', '99990328', '99991031']
    ]
  )
  t.ok(zone.join().includes(years(['20260329', '20261025']).join()))
  t.ok(zone.join().includes(observance('STANDARD', '00010101T000000', '-003645', '-003645').join()))
})

/** The offset of a zone from UTC, in seconds, as the platform knows it. */
function offsetsOf(timeZone: string) {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit'
  })
  return (time: number) => (Date.parse(`${format.format(time).replace(', ', 'T')}Z`) - time) / 1000
}

t.test('a parser reads any time since 1975 in any zone as the platform does', async t => {
  const { todos } = await serveSignedIn(t)
  const times: [dateTime: string, timeZone: string, offset: number][] = [
    ['2022-07-15T09:00:00', 'America/Mexico_City', -5],
    ['2023-07-15T09:00:00', 'America/Mexico_City', -6],
    ['2026-01-15T09:00:00', 'America/Vancouver', -8],
    ['2026-07-15T09:00:00', 'America/Vancouver', -7],
    ['2026-03-01T09:00:00', 'Africa/Casablanca', 0],
    ['2026-06-01T09:00:00', 'Africa/Casablanca', 1],
    ['2011-12-29T09:00:00', 'Pacific/Apia', -10],
    ['2011-12-31T09:00:00', 'Pacific/Apia', 14],
    ['1976-06-01T09:00:00', 'Africa/Bissau', 0]
  ]
  const zones = Intl.supportedValuesOf('timeZone')
  for (const [index, zone] of zones.entries()) {
    const offsetAt = offsetsOf(zone)
    // Another year, day and hour for each zone, some near the ends of a year.
    const instant = Date.UTC(1975 + (index % 75), 0, 1) + ((index * 7_919) % 8_760) * 3_600_000
    const offset = offsetAt(instant)
    const isShownTwice = offsetAt(instant - 10_800_000) !== offsetAt(instant + 10_800_000)
    if (isShownTwice) continue
    times.push([new Date(instant + offset * 1000).toISOString().slice(0, 19), zone, offset / 3600])
  }
  const made = times.map(([dateTime, timeZone]) => ({
    op: 'create',
    todo: { title: 'x', due: { dateTime, timeZone } }
  }))
  for (let first = 0; first < made.length; first += 100)
    t.equal((await todos('POST', '/batch', { operations: made.slice(first, first + 100) })).status, 200)

  const { body } = await todos('GET', '/export', undefined, asCalendar)
  const calendar = new ICAL.Component(ICAL.parse(body) as unknown[])
  const known = new Map(
    calendar.getAllSubcomponents('vtimezone').map(component => {
      const zone = new ICAL.Timezone(component)
      return [zone.tzid, zone]
    })
  )
  const read = calendar.getAllSubcomponents('vtodo').map(todo => {
    const due = todo.getFirstProperty('due')
    const zone = String(due?.getParameter('tzid'))
    const time = due?.getFirstValue() as ICAL.Time
    return [time.toString(), zone, (known.get(zone)?.utcOffset(time) ?? Number.NaN) / 3600]
  })
  t.strictSame(read, times)
})

t.test('a calendar without todos has a time zone, because it must have a component', async t => {
  const { todos } = await serveSignedIn(t)
  const answer = await todos('GET', '/export', undefined, asCalendar)
  t.equal(answer.status, 200)
  t.strictSame(linesOf(t, answer.body), [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Latchkey//Todos//EN',
    'BEGIN:VTIMEZONE',
    'TZID:Etc/UTC',
    'BEGIN:STANDARD',
    'DTSTART:19690101T000000',
    'TZOFFSETFROM:+0000',
    'TZOFFSETTO:+0000',
    'END:STANDARD',
    'END:VTIMEZONE',
    'END:VCALENDAR'
  ])
})

t.test('all due dates are read before the calendar begins, and a new one still gets its zone', async t => {
  const { todos, call, token } = await serveSignedIn(t)
  const lines = Array.from({ length: 250 }, (_, index) =>
    JSON.stringify({
      title: `${index}`,
      due: { dateTime: `${1900 + index}-06-01T09:00:00`, timeZone: 'Asia/Kathmandu' }
    })
  )
  const headers = { 'content-type': 'application/x-ndjson' }
  await call('POST', '/api/todos/import', { token, body: lines.join('\n'), headers })
  const { body } = await todos('GET', '/export', undefined, asCalendar)
  t.strictSame(
    linesOf(t, body)
      .filter(line => line.startsWith('DTSTART'))
      .map(line => line.slice(8)),
    ['18990101T054116', '19200101T000000', '19860101T000000'],
    'one zone, from the year before the first one on'
  )

  const { body: todo } = await todos('POST', '', {
    title: 'new',
    due: { dateTime: '2026-07-01T09:00:00', timeZone: 'Europe/Berlin' }
  })
  const times = { createdAt: new Date(todo.createdAt), updatedAt: new Date(todo.updatedAt) }
  async function* pages() {
    yield [{ ...todo, ...times }]
  }
  async function* none() {}
  let text = ''
  for await (const part of toCalendar(pages(), none())) text += part
  const dates = linesOf(t, text).filter(line => /^(TZID|DTSTART:2026|DUE)/.test(line))
  t.strictSame(dates, [
    'TZID:Europe/Berlin',
    'DTSTART:20260329T020000',
    'DTSTART:20261025T030000',
    'DUE;TZID=Europe/Berlin:20260701T090000'
  ])
})

t.test('a calendar that cannot begin answers a problem', async t => {
  const { app, call, token, todos } = await serveSignedIn(t)
  t.equal((await todos('GET', '/export', undefined, asCalendar)).status, 200)
  afterAuthentication(app, () => app.store.close())
  const answer = await call('GET', '/api/todos/export', { token, headers: asCalendar })
  t.strictSame(answer.body, expectedProblem(answer, 503, 'database_unavailable', { action: 'retry-later' }))
})

/** Local times around skipped and repeated hours, in zones that change on other days than Europe's. */
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

t.test('another parser reads the calendar in any zone and at any clock change', async t => {
  const { todos } = await serveSignedIn(t)
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
