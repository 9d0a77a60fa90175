import t from 'tap'
import { isLocalDateTime } from '../../src/times.ts'
import { isTimeZone } from '../../src/todos/due.ts'
import { invalid, signedIn } from './signed-in.ts'

t.test(
  'a due date comes back as it was given, in whatever zone and whether or not the clock shows it',
  async t => {
    const { todos } = await signedIn(t)
    const dues = [
      { date: '2026-03-29' },
      { date: '0001-01-01' },
      { date: '2028-02-29' },
      { dateTime: '2026-03-29T02:30:00', timeZone: 'Europe/Berlin' },
      { dateTime: '2026-10-25T02:30:00', timeZone: 'Europe/Berlin' },
      { dateTime: '2011-12-30T12:00:00', timeZone: 'Pacific/Apia' },
      { dateTime: '2026-01-01T00:00:00', timeZone: 'America/Argentina/Buenos_Aires' },
      { dateTime: '2026-01-01T23:59:59', timeZone: 'UTC' },
      { dateTime: '9999-12-31T23:59:59', timeZone: 'Etc/GMT+12' },
      { dateTime: '2026-01-01T00:00:00', timeZone: 'Asia/Calcutta' }
    ]
    for (const due of dues) {
      const { status, body } = await todos('POST', '', { title: 'x', due })
      t.equal(status, 201)
      t.strictSame((await todos('GET', `/${body.id}`)).body.due, due)
      const again = await todos('PUT', `/${body.id}`, {
        title: 'x',
        due: Object.fromEntries(Object.entries(due).reverse())
      })
      t.equal(again.body.etag, body.etag, 'the order of its members does not matter')
    }
  }
)

t.test('what is no due date is refused', async t => {
  const { todos } = await signedIn(t)
  const { body: todo } = await todos('POST', '', { title: 'x' })
  const detail =
    'is not accepted; give { date } with a day such as 2026-03-29, or { dateTime, timeZone } with a local time such as ' +
    '2026-03-29T09:00:00 and a time zone (IANA) such as Europe/Berlin, or null for none'
  const wrong = [
    {},
    '2026-03-29',
    { date: '2026-02-29' },
    { date: '2026-3-9' },
    { date: null },
    { dateTime: '2026-03-29T09:00:00' },
    { timeZone: 'Europe/Berlin' },
    { dateTime: '2026-03-29T09:00:00Z', timeZone: 'Europe/Berlin' },
    { dateTime: '2026-03-29T24:00:00', timeZone: 'Europe/Berlin' },
    { dateTime: '2026-03-29T09:00:00', timeZone: 'Europe/Bonn' },
    { dateTime: '2026-03-29T09:00:00', timeZone: '+01:00' },
    { date: '2026-03-29', dateTime: '2026-03-29T09:00:00', timeZone: 'UTC' }
  ]
  for (const due of wrong) {
    const answer = await todos('POST', '', { title: 'x', due })
    t.strictSame(answer.body, invalid(answer, { pointer: '/due', detail }), JSON.stringify(due))
  }

  const merges: [object, object][] = [
    [{ timeZone: 'UTC' }, { pointer: '/due/dateTime', detail: 'is required with timeZone' }],
    [{ dateTime: '2026-03-29T09:00:00' }, { pointer: '/due/timeZone', detail: 'is required with dateTime' }],
    [
      {},
      { pointer: '/due', detail: 'is not accepted; give date, or dateTime and timeZone, or null for none' }
    ],
    [
      { date: '2026-03-29', timeZone: 'UTC' },
      { pointer: '/due', detail: 'is a day or a time, not both' }
    ],
    [
      { date: '29 March' },
      { pointer: '/due/date', detail: 'is not accepted; give a day such as 2026-03-29' }
    ],
    [{ day: '2026-03-29' }, { pointer: '/due/day', detail: 'is not known; did you mean date?' }]
  ]
  for (const [due, error] of merges) {
    const answer = await todos('PATCH', `/${todo.id}`, { due })
    t.strictSame(answer.body, invalid(answer, error), JSON.stringify(due))
  }
  t.strictSame((await todos('GET', `/${todo.id}`)).body, todo)
})

t.test('names of zones and local times', async t => {
  for (const zone of [...Intl.supportedValuesOf('timeZone'), 'US/Pacific', 'UTC', 'Etc/GMT-14'])
    t.ok(isTimeZone(zone), zone)
  for (const none of ['', 'utc', '+01:00', 'Z', 'Europe', 'Europe/Berlin ', 'Mars/Olympus', '../UTC'])
    t.notOk(isTimeZone(none), none)
  for (const none of [
    '2026-02-29T00:00:00',
    '2026-01-01T00:60:00',
    '2026-01-01T00:00',
    '2026-01-01 00:00:00'
  ])
    t.notOk(isLocalDateTime(none), none)
})
