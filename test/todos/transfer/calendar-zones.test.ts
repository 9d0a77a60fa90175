import ICAL from 'ical.js'
import t from 'tap'
import { createOffsetLookup } from '../../../src/time/time-zones.ts'
import { createTimeZoneComponent } from '../../../src/todos/transfer/export/calendar-time-zones.ts'
import { serveSignedIn } from '../signed-in.ts'

const asCalendar = { accept: 'text/calendar' }

/** Zones whose rules differ in kind, and some without any. */
const zones = [
  'Europe/Berlin',
  'Europe/Dublin',
  'America/New_York',
  'America/Nuuk',
  'America/Santiago',
  'America/Sao_Paulo',
  'Asia/Jerusalem',
  'Asia/Kolkata',
  'Asia/Tokyo',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Australia/Lord_Howe',
  'Antarctica/Troll',
  'Etc/UTC'
]

const HOUR = 3_600_000

/** Instants over a century, at other days and hours each year, no nearer than a day to a change of the clocks. */
function toInstants(first: number, last: number, isSteady: (time: number) => boolean) {
  const instants = []
  for (let time = Date.UTC(first, 0, 3); time < Date.UTC(last, 0, 1); time += 1237 * HOUR) instants.push(time)
  return instants.filter(isSteady)
}

t.test('a parser reads what clocks show at any date of an endless series as the platform does', async t => {
  const { todos } = await serveSignedIn(t)
  for (const [index, timeZone] of zones.entries()) {
    // Some begin long ago: their clocks have followed other rules since.
    const dateTime = `${index % 2 === 0 ? 2026 : 1975}-06-01T09:00:00`
    const repeat = { rule: 'FREQ=DAILY', from: 'due' }
    await todos('POST', '', { title: 'x', due: { dateTime, timeZone }, repeat })
  }
  const { body } = await todos('GET', '/export', undefined, asCalendar)
  const calendar = new ICAL.Component(ICAL.parse(body) as unknown[])
  const components = calendar.getAllSubcomponents('vtimezone')
  t.equal(components.length, zones.length)
  const differing: [zone: string, local: string, offset: number][] = []
  let compared = 0
  for (const [index, component] of components.entries()) {
    const zone = new ICAL.Timezone(component)
    const offsetAt = createOffsetLookup(zone.tzid)
    const isSteady = (time: number) => offsetAt(time - 24 * HOUR) === offsetAt(time + 24 * HOUR)
    for (const instant of toInstants(index % 2 === 0 ? 2026 : 1975, 2100, isSteady)) {
      const local = new Date(instant + offsetAt(instant) * 1000).toISOString().slice(0, 19)
      const offset = zone.utcOffset(ICAL.Time.fromDateTimeString(local))
      compared += 1
      if (offset !== offsetAt(instant)) differing.push([zone.tzid, local, offset])
    }
  }
  t.strictSame(differing, [])
  t.ok(compared > 5000, `${compared} times were compared`)
})

t.test('a zone of an endless series has the rules that hold now', async t => {
  const { todos } = await serveSignedIn(t)
  const make = (dateTime: string, timeZone: string, repeats: boolean) =>
    todos('POST', '', {
      title: 'x',
      due: { dateTime, timeZone },
      ...(repeats && { repeat: { rule: 'FREQ=DAILY', from: 'due' } })
    })
  await make('2026-06-01T09:00:00', 'Europe/Berlin', true)
  await make('2040-06-01T09:00:00', 'Europe/Berlin', false)
  await make('1950-06-01T09:00:00', 'Europe/Berlin', false)
  await make('2026-06-01T09:00:00', 'Asia/Jerusalem', true)
  await make('2026-06-01T09:00:00', 'America/Nuuk', true)
  const { body } = await todos('GET', '/export', undefined, asCalendar)
  const zoneOf = (name: string) =>
    body
      .replaceAll('\r\n ', '')
      .split('BEGIN:VTIMEZONE\r\n')
      .find((text: string) => text.startsWith(`TZID:${name}\r\n`))
      .split('END:VTIMEZONE')[0]
      .split('\r\n')
      .filter((line: string) => /^(DTSTART|RRULE)/.test(line))
      .map((line: string) => line.replace(/^DTSTART:/, ''))
  t.strictSame(zoneOf('Europe/Berlin'), [
    ...['19490101T010000', '19490410T020000', '19491002T030000'],
    ...['20250101T010000', '20250330T020000', 'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU'],
    ...['20251026T030000', 'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU']
  ])
  t.strictSame(zoneOf('Asia/Jerusalem'), [
    ...[
      '20250101T020000',
      '20250328T020000',
      'RRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=23,24,25,26,27,28,29;BYDAY=FR'
    ],
    ...['20251026T020000', 'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU']
  ])
  t.strictSame(zoneOf('America/Nuuk').slice(0, 3), [
    '20241231T220000',
    '20250329T230000',
    'RRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=24,25,26,27,28,29,30;BYDAY=SA'
  ])
})

t.test('a zone without rules has the changes of its clocks for a long time', async t => {
  const lastYearOf = async (endlessFrom: number) => {
    const component = await createTimeZoneComponent('Africa/Cairo', { years: [], endlessFrom })
    const observance = component?.[2].at(-1)
    return String(observance?.[1][0]?.[3]).slice(0, 4)
  }
  t.equal(await lastYearOf(2026), '2100')
  t.equal(await lastYearOf(2090), '2140')
  t.equal(await lastYearOf(9990), '9999')
  const ancient = await createTimeZoneComponent('Asia/Tokyo', { years: [5], endlessFrom: 5 })
  t.strictSame(
    ancient?.[2].map(([, [start]]) => start?.[3]),
    ['0004-01-01T09:18:59', '1800-01-01T09:18:59', ...TOKYO]
  )
})

/** When the clocks of Tokyo were changed, the last time in 1951. */
const TOKYO = [
  '1888-01-01T00:18:59',
  '1948-05-02T00:00:00',
  '1948-09-12T01:00:00',
  '1949-04-03T00:00:00',
  '1949-09-11T01:00:00',
  '1950-05-07T00:00:00',
  '1950-09-10T01:00:00',
  '1951-05-06T00:00:00',
  '1951-09-09T01:00:00'
]
