import fc from 'fast-check'
import t from 'tap'
import { MAX_IMPORT, MAX_IMPORT_LINES, MAX_IMPORT_NOTES } from '../../../src/todos/limits.ts'
import { expectedProblem } from '../../support/service.ts'
import { invalid, MISSING_ID } from '../signed-in.ts'
import { calendarOf, contentOf, serveCalendars, todoOf } from './calendar-imports.ts'

const titleOf = ({ title }: { title: string }) => title
const withTitle = (title: string, ...properties: string[]) =>
  calendarOf('BEGIN:VTODO', `UID:${title}`, `SUMMARY:${title}`, ...properties, 'END:VTODO')

t.test('lines are unfolded as bytes, and end as programs end them', async t => {
  const { takeBytes, list } = await serveCalendars(t)
  const folded = (fold: string, end: string) => {
    const bytes = Buffer.from(withTitle('Zoë 🌱 x').replaceAll('\r\n', end))
    const middle = bytes.indexOf('🌱') + 2
    return Buffer.concat([bytes.subarray(0, middle), Buffer.from(fold), bytes.subarray(middle)])
  }
  const files = [
    folded('\r\n ', '\r\n'),
    folded('\r\n\t', '\r\n'),
    folded('\n ', '\n'),
    folded('\r\n \r\n ', '\n\n'),
    Buffer.from(`\ufeff${withTitle('Zoë 🌱 x')}`),
    Buffer.from(withTitle('Zoë 🌱 x').trimEnd())
  ]
  for (const [index, file] of files.entries()) {
    const answer = await takeBytes(file)
    t.strictSame(answer, {
      status: 200,
      body: { created: Number(index === 0), existing: Number(index > 0) }
    })
  }
  t.strictSame((await list()).map(titleOf), ['Zoë 🌱 x'])

  const detail = 'line 5: SUMMARY is not UTF-8; save the file as UTF-8'
  const latin = await takeBytes(Buffer.from(withTitle('Zoë').replace('UID:Zoë', 'UID:x'), 'latin1'))
  t.match(latin, { status: 400, body: { errors: [{ pointer: '/4', detail }] } })
  const wide = await takeBytes(Buffer.from(withTitle('x'), 'utf16le'))
  t.match(wide, { status: 400, body: { errors: [{ pointer: '/0' }] } })
})

t.test('a calendar is encoded as UTF-8, and its zone is a zone', async t => {
  const { take, takeBytes, todos } = await serveCalendars(t)
  for (const parameters of [
    '; charset=utf-8',
    ';charset="UTF-8"',
    '; component=VTODO; charset=us-ascii',
    ''
  ]) {
    const { status } = await takeBytes(Buffer.from(withTitle('x')), `text/calendar${parameters}`)
    t.equal(status, 200, parameters)
  }
  const latin = await take(withTitle('x'), {
    headers: { 'content-type': 'text/calendar; charset=iso-8859-1' }
  })
  t.strictSame(
    latin.body,
    expectedProblem(latin, 415, 'unsupported_media_type', { detail: 'Send the calendar encoded as UTF-8.' })
  )
  t.equal(latin.headers.accept, 'text/calendar; charset=utf-8')

  const unknown = await take(withTitle('x'), { query: '?timeZone=Mars' })
  t.strictSame(
    unknown.body,
    invalid(unknown, {
      parameter: 'timeZone',
      detail: 'is not accepted; give the name of a time zone (IANA) such as Europe/Berlin'
    })
  )
  const lines = await todos('POST', '/import?timeZone=Europe/Berlin', '{"title":"x"}', {
    'content-type': 'application/x-ndjson'
  })
  t.strictSame(
    lines.body,
    invalid(lines, { parameter: 'timeZone', detail: 'is for calendars only; leave it out' })
  )
})

t.test('the id of a todo is made from the UID', async t => {
  const { take, list, signUp, call } = await serveCalendars(t)
  const calendar = calendarOf(
    ...[`${MISSING_ID.toUpperCase()}@latchkey`, MISSING_ID, 'one', 'ONE'].flatMap(uid => [
      'BEGIN:VTODO',
      `UID:${uid}`,
      `SUMMARY:${uid}`,
      'END:VTODO'
    ])
  )
  t.strictSame((await take(calendar)).body, { created: 4, existing: 0 })
  const [own, ...others] = await list()
  t.equal(own.id, MISSING_ID)
  for (const { id } of others) t.match(id, /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)

  const { accessToken: token } = await signUp()
  t.strictSame((await take(calendar, { token })).body, { created: 4, existing: 0 })
  const { items } = (await call('GET', '/api/todos', { token })).body
  t.equal(items[0].id, MISSING_ID)
  const ids = new Set(others.map(({ id }: { id: string }) => id))
  t.notOk(
    items.some(({ id }: { id: string }) => ids.has(id)),
    'of another user another one'
  )
})

t.test('a VTODO without a UID, one that comes again, and a change of one occurrence', async t => {
  const { take, list } = await serveCalendars(t)
  const calendar = calendarOf(
    ...['BEGIN:VTODO', 'SUMMARY:no UID', 'END:VTODO'],
    ...['BEGIN:VTODO', 'UID:a', 'SUMMARY:a', 'DUE:20260101', 'RRULE:FREQ=DAILY', 'END:VTODO'],
    ...['BEGIN:VTODO', 'UID:a', 'RECURRENCE-ID:20260102', 'DUE:soon', 'END:VTODO'],
    ...['BEGIN:VTODO', 'UID:a', 'SUMMARY:again', 'END:VTODO']
  )
  const notes = [
    { line: 3, detail: 'VTODO has no UID, so each import makes the todo anew' },
    { line: 14, detail: 'this change of one occurrence (RECURRENCE-ID) was left out as a whole', uid: 'a' },
    { line: 17, detail: 'VTODO was left out: its UID has come before', uid: 'a' }
  ]
  t.strictSame((await take(calendar)).body, { created: 2, existing: 0, notes })
  t.strictSame((await take(calendar)).body, { created: 1, existing: 1, notes })
  t.strictSame((await list()).map(titleOf), ['no UID', 'a', 'no UID'])
})

t.test('a calendar with an Idempotency-Key takes effect once', async t => {
  const { take, list } = await serveCalendars(t)
  const headers = { 'idempotency-key': 'k' }
  const calendar = calendarOf('BEGIN:VTODO', 'SUMMARY:x', 'LOCATION:here', 'END:VTODO')
  const body = {
    created: 1,
    existing: 0,
    notes: [
      { line: 3, detail: 'VTODO has no UID, so each import makes the todo anew' },
      { line: 5, detail: 'LOCATION was left out: a todo here has nothing like it' }
    ]
  }
  const first = await take(calendar, { headers })
  t.strictSame(first.body, body)
  t.notOk(first.headers['idempotent-replayed'])
  const second = await take(calendar, { headers })
  t.strictSame(second.body, body)
  t.equal(second.headers['idempotent-replayed'], 'true')
  const other = await take(withTitle('y'), { headers })
  t.strictSame(other.body, expectedProblem(other, 422, 'idempotency_key_reused'))
  t.strictSame((await list()).map(titleOf), ['x'])
})

t.test('a title is one line', async t => {
  const { take, list } = await serveCalendars(t)
  const calendar = calendarOf(
    'BEGIN:VTODO',
    'UID:a',
    'SUMMARY: one\\ntwo\t\\n\u2028three\u0001 ',
    'END:VTODO'
  )
  const notes = [
    {
      line: 5,
      detail: 'SUMMARY has line breaks or tabs, which became spaces: a title is one line',
      uid: 'a'
    },
    { line: 5, detail: 'SUMMARY has control characters, which were removed', uid: 'a' }
  ]
  t.strictSame((await take(calendar)).body, { created: 1, existing: 0, notes })
  t.strictSame((await list()).map(titleOf), ['one two three'])
})

t.test(
  'several calendars in a file, each with its zone; other components are skipped as a whole',
  async t => {
    const { take, list } = await serveCalendars(t)
    const calendar = (zone: string, ...lines: string[]) =>
      calendarOf(
        zone,
        'BEGIN:VTODO',
        `UID:${zone}`,
        'SUMMARY:x',
        'DUE:20260101T090000',
        'END:VTODO',
        ...lines
      )
    const file = [
      calendar('X-WR-TIMEZONE:Asia/Tokyo', 'BEGIN:VJOURNAL', 'not a property', 'END:VJOURNAL'),
      calendar(
        'TIMEZONE-ID:Europe/Paris',
        'BEGIN:VEVENT',
        'BEGIN:VTODO',
        'UID:z',
        'END:VTODO',
        'UID:e',
        'END:VEVENT'
      ),
      calendar('X-WR-TIMEZONE:Nowhere', 'METHOD:CANCEL', 'X-WR-CALDESC:text', 'no property')
    ].join('')
    t.strictSame((await take(file)).body, {
      created: 3,
      existing: 0,
      notes: [
        { line: 9, detail: 'VJOURNAL was left out: only VTODO becomes a todo' },
        { line: 21, detail: 'VEVENT was left out: only VTODO becomes a todo', uid: 'e' },
        {
          line: 34,
          detail:
            'DUE has no time zone; only the day was taken over. The parameter timeZone gives such times a zone',
          uid: 'X-WR-TIMEZONE:Nowhere'
        },
        { line: 36, detail: 'METHOD was left out: a calendar here has nothing like it' },
        { line: 37, detail: 'X-WR-CALDESC was left out: a calendar here has nothing like it' },
        { line: 38, detail: 'the line was left out: a calendar here has nothing like it' }
      ]
    })
    t.strictSame(
      (await list()).map(({ due }: { due: object }) => due),
      [
        { dateTime: '2026-01-01T09:00:00', timeZone: 'Asia/Tokyo' },
        { dateTime: '2026-01-01T09:00:00', timeZone: 'Europe/Paris' },
        { date: '2026-01-01' }
      ]
    )
  }
)

t.test('notes and VTODOs have a limit', async t => {
  const { take, list } = await serveCalendars(t)
  const many = await take(todoOf(...Array(MAX_IMPORT_NOTES + 7).fill('X-A:b')))
  t.strictSame(
    { ...many.body, notes: many.body.notes.length, last: many.body.notes.at(-1) },
    {
      created: 1,
      existing: 0,
      notes: MAX_IMPORT_NOTES + 1,
      last: { line: MAX_IMPORT_NOTES + 6, detail: 'and 7 more notes from here on' }
    }
  )
  const todo = 'BEGIN:VTODO\nSUMMARY:x\nEND:VTODO\n'
  const tooMany = await take(`BEGIN:VCALENDAR\n${todo.repeat(MAX_IMPORT_LINES + 1)}END:VCALENDAR\n`)
  t.strictSame(
    tooMany.body,
    invalid(tooMany, {
      pointer: `/${3 * MAX_IMPORT_LINES + 1}`,
      detail: `line ${3 * MAX_IMPORT_LINES + 2}: VTODO is one too many; at most ${MAX_IMPORT_LINES} are taken`
    })
  )
  const large = await take(withTitle('x').padEnd(MAX_IMPORT + 1))
  t.strictSame(large.body, expectedProblem(large, 413, 'body_too_large'))
  t.equal((await list()).length, 1)
})

t.test('what is long, or there very often, is read in part, and says so', async t => {
  const { take } = await serveCalendars(t)
  const zones = Array.from({ length: 1010 }, (_, index) => [
    'BEGIN:VTIMEZONE',
    `TZID:Zone ${index}`,
    'X-LIC-LOCATION:Europe/Berlin',
    'END:VTIMEZONE',
    'BEGIN:VTODO',
    `SUMMARY:${index}`,
    `UID:${index}`,
    `DUE;TZID=Zone ${index}:20260101T090000`,
    'END:VTODO'
  ])
  const { body } = await take(calendarOf(...zones.flat()))
  t.equal(body.created, 1010)
  t.match(body.notes, { length: 10, 0: { line: 9010, uid: '1000', detail: /unknown time zone Zone 1000/ } })

  const parameters = Array.from({ length: 101 }, (_, index) => `;P${index}=x`)
  const answer = await take(todoOf(`DUE${parameters.join('')}:20260101`))
  t.match(answer.body.errors, [{ pointer: '/5', detail: /^line 6: DUE is not a property/ }])
  t.equal((await take(todoOf(`DUE${parameters.slice(1).join('')}:20260101`))).status, 200)
  const uid = await take(todoOf('LOCATION:x').replace('UID:one', `UID:${'u'.repeat(1000)}`))
  t.equal(uid.body.notes[0].uid, 'u'.repeat(255))
})

const CONTENT = [
  {
    title: 'Buy, milk; \\ "now"',
    description: ' one\ntwo: three; four\\n ',
    priority: 'high',
    tags: ['a,b', 'c\\', 'é']
  },
  { title: 'on a day', due: { date: '2026-03-29' }, priority: 'medium' },
  {
    title: 'skipped hour',
    due: { dateTime: '2026-03-29T02:30:00', timeZone: 'Europe/Berlin' },
    priority: 'low'
  },
  { title: 'old name', due: { dateTime: '0001-01-01T00:00:00', timeZone: 'US/Pacific' } },
  {
    title: 'x'.repeat(500),
    description: '🌱'.repeat(8192),
    tags: Array.from({ length: 20 }, (_, index) => `tag ${index}`)
  }
]

t.test('a calendar that was exported gives the same todos in another account', async t => {
  const { clock, take, todos, list, signUp, call } = await serveCalendars(t)
  for (const content of CONTENT) {
    clock.advance(10)
    t.equal((await todos('POST', '', content)).status, 201)
  }
  clock.advance(10)
  const [first, second] = await list()
  await todos('PATCH', `/${first.id}`, { done: true })
  await todos('PATCH', `/${second.id}`, { description: 'changed' })
  const calendar = (await todos('GET', '/export', undefined, { accept: 'text/calendar' })).body
  clock.advance(10)

  const { accessToken: token } = await signUp()
  t.strictSame((await take(calendar, { token })).body, { created: CONTENT.length, existing: 0 })
  const imported = (await call('GET', '/api/todos?limit=200', { token })).body.items
  const withId = (todo: { id: string }) => ({ ...contentOf({ ...todo }), id: todo.id })
  t.strictSame(imported.map(withId), (await list()).map(withId))
  t.strictSame((await take(calendar)).body, { created: 0, existing: CONTENT.length })
})

/** Changes that make a calendar worse. */
const damage = fc.record({
  at: fc.nat(2000),
  length: fc.nat(40),
  text: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom(
      '\r\n',
      '\n ',
      ':',
      ';',
      '"',
      '\\',
      'BEGIN:VTODO\n',
      'END:VTODO\n',
      'Z',
      '9999',
      '=',
      '\u0000'
    )
  )
})

t.test('damaged calendars are imported or refused', async t => {
  const { takeBytes } = await serveCalendars(t)
  const base = [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'X-WR-TIMEZONE:Europe/Berlin', 'BEGIN:VTIMEZONE', 'TZID:X'],
    ...['X-LIC-LOCATION:Asia/Tokyo', 'END:VTIMEZONE', 'BEGIN:VTODO', 'UID:one', 'SUMMARY:One\\, two'],
    ...['DESCRIPTION;ALTREP="cid:x":text', 'DTSTART;TZID=X:20260329T090000', 'DURATION:P1DT2H', 'PRIORITY:5'],
    ...[
      'CATEGORIES:a,b\\,c',
      'RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3',
      'CREATED:20260101T000000Z',
      'STATUS:COMPLETED'
    ],
    ...[
      'COMPLETED:20260102T000000Z',
      'PERCENT-COMPLETE:100',
      'BEGIN:VALARM',
      'TRIGGER:-PT5M',
      'END:VALARM',
      'END:VTODO'
    ],
    ...[
      'BEGIN:VTODO',
      'SUMMARY:Two',
      'DUE;VALUE=DATE:20260401',
      'RELATED-TO:one',
      'END:VTODO',
      'END:VCALENDAR',
      ''
    ]
  ].join('\r\n')
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 5 }), async damages => {
      let bytes = Buffer.from(base)
      for (const { at, length, text } of damages) {
        const start = at % bytes.length
        bytes = Buffer.concat([bytes.subarray(0, start), Buffer.from(text), bytes.subarray(start + length)])
      }
      const { status, body } = await takeBytes(bytes)
      t.ok(status === 200 || (status === 400 && body.code === 'validation_failed'), JSON.stringify(body))
      if (status === 200) t.match(body, { created: Number, existing: Number, notes: Array })
      else
        for (const { pointer, detail } of body.errors)
          t.ok(/^\/\d+$/.test(pointer) && /^line \d+: /.test(detail))
    }),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 60) }
  )
})

t.test('a time that was in the future does not make a repetition another request', async t => {
  const { clock, take, list } = await serveCalendars(t)
  const headers = { 'idempotency-key': 'a-key' }
  const calendar = todoOf('LAST-MODIFIED:20260101T000030Z')
  const first = await take(calendar, { headers })
  const detail = 'LAST-MODIFIED was left out: it is in the future'
  t.strictSame(first.body, { created: 1, existing: 0, notes: [{ line: 6, uid: 'one', detail }] })
  clock.advance(60)
  const again = await take(calendar, { headers })
  t.match(again, { status: 200, body: first.body, headers: { 'idempotent-replayed': 'true' } })
  for (const [other, query] of [
    [todoOf('LAST-MODIFIED:20260101T000031Z'), ''],
    [calendar, '?timeZone=Europe/Berlin']
  ] as const) {
    const answer = await take(other, { query, headers })
    t.match(answer.body, { status: 422, code: 'idempotency_key_reused' })
  }
  t.match(await list(), [{ title: 'One', updatedAt: '2026-01-01T00:00:00.000Z' }])
})
