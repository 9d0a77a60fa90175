import t from 'tap'
import { isFullDate, isLocalDateTime } from '../../../src/time/rfc3339.ts'
import { isTimeZone } from '../../../src/time/time-zones.ts'
import { invalid, serveSignedIn } from '../signed-in.ts'

t.test('a due date comes back as received, in any zone, even at a time that the clock skips', async t => {
  const { todos } = await serveSignedIn(t)
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
})

t.test('an invalid due date is refused', async t => {
  const { todos } = await serveSignedIn(t)
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

/** Names that the platform knows beside those of the IANA database. */
const platformOnly = [
  ...['ACT', 'BST', 'CST', 'CTT', 'IST', 'JST', 'PST', 'Pst'],
  ...['SystemV/PST8PDT', 'SystemV/EST5', 'US/Pacific-New', 'Canada/East-Saskatchewan']
]

t.test('a zone that only the platform knows is refused everywhere', async t => {
  const { call, todos, token } = await serveSignedIn(t)
  const due = { dateTime: '2026-03-29T09:00:00', timeZone: 'Europe/Berlin' }
  const { body: todo } = await todos('POST', '', { title: 'x', due })
  const whole =
    'is not accepted; give { date } with a day such as 2026-03-29, or { dateTime, timeZone } with a local time such as ' +
    '2026-03-29T09:00:00 and a time zone (IANA) such as Europe/Berlin, or null for none'
  const part = 'is not accepted; give the name of a time zone (IANA) such as Europe/Berlin'
  for (const timeZone of platformOnly) {
    const body = { title: 'x', due: { ...due, timeZone } }
    const requests: [string, string, object, string, string][] = [
      ['POST', '', body, '/due', whole],
      ['PUT', `/${todo.id}`, body, '/due', whole],
      ['PATCH', `/${todo.id}`, { due: { timeZone } }, '/due/timeZone', part],
      ['POST', '/batch', { operations: [{ op: 'create', todo: body }] }, '/operations/0/todo/due', whole],
      [
        'POST',
        '/batch',
        { operations: [{ op: 'patch', id: todo.id, changes: { due: { timeZone } } }] },
        '/operations/0/changes/due/timeZone',
        part
      ]
    ]
    for (const [method, path, request, pointer, detail] of requests) {
      const answer = await todos(method, path, request)
      t.strictSame(answer.body, invalid(answer, { pointer, detail }), `${method} ${path} ${timeZone}`)
    }
    const line = await call('POST', '/api/todos/import', {
      token,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/x-ndjson' }
    })
    t.strictSame(line.body, invalid(line, { pointer: '/0/due', detail: whole }), timeZone)
  }
  t.strictSame((await todos('GET')).body.items, [todo])
})

t.test('there is no year 0', async t => {
  const { todos } = await serveSignedIn(t)
  const { body: todo } = await todos('POST', '', { title: 'x', due: { date: '2026-03-29' } })
  for (const due of [
    { date: '0000-01-01' },
    { date: '0000-12-31' },
    { dateTime: '0000-12-31T23:59:59', timeZone: 'UTC' }
  ]) {
    const answer = await todos('POST', '', { title: 'x', due })
    t.match(answer, { status: 400, body: { errors: [{ pointer: '/due' }] } }, JSON.stringify(due))
    const patch = await todos('PATCH', `/${todo.id}`, { due })
    const [member, value] = 'date' in due ? ['date', 'day such as 2026-03-29'] : ['dateTime', LOCAL]
    const error = { pointer: `/due/${member}`, detail: `is not accepted; give a ${value}` }
    t.strictSame(patch.body, invalid(patch, error))
  }
  const detail = 'is not accepted; give a day such as 2026-03-29, or a local time such as 2026-03-29T09:00:00'
  for (const parameter of ['dueBefore', 'dueAfter'])
    for (const bound of ['0000-06-01', '0000-06-01T09:00:00']) {
      const answer = await todos('GET', `?${parameter}=${bound}`)
      t.strictSame(answer.body, invalid(answer, { parameter, detail }))
    }
  t.match((await todos('GET', '?dueAfter=0001-01-01&dueBefore=9999-12-31')).body.items, [{ id: todo.id }])
})
const LOCAL = 'local time to the second such as 2026-03-29T09:00:00'

t.test('valid and invalid zones, days and local times', async t => {
  const links = ['US/Pacific', 'UTC', 'Etc/GMT-14', 'EST', 'EST5EDT', 'GB', 'NZ', 'W-SU', 'Zulu', 'GMT+0']
  for (const zone of [...Intl.supportedValuesOf('timeZone'), ...links, 'Europe/BERLIN'])
    t.ok(isTimeZone(zone), zone)
  const others = ['', 'utc', '+01:00', 'Z', 'Europe', 'Europe/Berlin ', 'Mars/Olympus', '../UTC', 'ET', 'PT']
  for (const none of [...others, ...platformOnly]) t.notOk(isTimeZone(none), none)
  for (const none of [
    '2026-02-29T00:00:00',
    '2026-01-01T00:60:00',
    '2026-01-01T00:00',
    '2026-01-01 00:00:00',
    '0000-12-31T23:59:59',
    '10000-01-01T00:00:00'
  ])
    t.notOk(isLocalDateTime(none), none)
  for (const none of ['', '0000-12-31', '2026-02-29', '2026-3-9', '10000-01-01', '+002026-01-01'])
    t.notOk(isFullDate(none), none)
  for (const day of ['0001-01-01', '2028-02-29', '9999-12-31']) t.ok(isFullDate(day))
})
