import t from 'tap'
import { invalid } from '../signed-in.ts'
import { calendarOf, serveCalendars, todoOf } from './calendar-imports.ts'

const BERLIN = { query: '?timeZone=Europe/Berlin' }
const NO_START = 'DTSTART was left out: a todo has no start, only a due date'
const DAY_ONLY = 'only the day was taken over. The parameter timeZone gives such times a zone'
const nothingLikeIt = (name: string) => `${name} was left out: a todo here has nothing like it`
const noInstant = (name: string) => `${name} was left out: it is no time since 1970 such as 20260329T090000Z`
const isFuture = (name: string) => `${name} was left out: it is in the future`
const at = (dateTime: string, timeZone: string) => ({ due: { dateTime, timeZone } })

/** Properties of a VTODO, the first of them in line 6; what becomes of them; and the notes by line. */
type Case = readonly [
  properties: readonly string[],
  todo: object,
  notes?: readonly (readonly [line: number, detail: string])[],
  options?: { query?: string }
]

const cases: Record<string, readonly Case[]> = {
  'when it is due': [
    [['DUE;VALUE=DATE:20260329'], { due: { date: '2026-03-29' } }],
    [['DUE:20260329'], { due: { date: '2026-03-29' } }],
    [['DUE;VALUE=DATE;TZID=Europe/Berlin:20240229'], { due: { date: '2024-02-29' } }],
    [['due;value=date:20260329'], { due: { date: '2026-03-29' } }],
    [['DUE:20260329T090000Z'], at('2026-03-29T09:00:00', 'Etc/UTC')],
    [['DUE;TZID=Europe/Berlin:20260329T090000Z'], at('2026-03-29T09:00:00', 'Etc/UTC')],
    [['DUE;TZID=Europe/Berlin:20260329T023000'], at('2026-03-29T02:30:00', 'Europe/Berlin')],
    [['DUE;TZID="US/Pacific":20260329T090000'], at('2026-03-29T09:00:00', 'US/Pacific')],
    [['DUE;TZID=europe/berlin:20260329T090000'], at('2026-03-29T09:00:00', 'Europe/Berlin')],
    [
      ['DUE;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20260329T090000'],
      at('2026-03-29T09:00:00', 'Europe/Berlin')
    ],
    [
      ['DUE;TZID=/softwarestudio.org/Olson_20011030_5/America/Argentina/Ushuaia:20260329T090000'],
      at('2026-03-29T09:00:00', 'America/Argentina/Ushuaia')
    ],
    [['DUE;TZID=Tokyo Standard Time:20260329T090000'], at('2026-03-29T09:00:00', 'Asia/Tokyo')],
    [
      ['DUE;TZID=Mars/Olympus:20260329T090000'],
      { due: { date: '2026-03-29' } },
      [[6, `DUE has the unknown time zone Mars/Olympus; ${DAY_ONLY}`]]
    ],
    [
      ['DUE;TZID=Foo/Europe/Berlin:20260329T090000'],
      { due: { date: '2026-03-29' } },
      [[6, `DUE has the unknown time zone Foo/Europe/Berlin; ${DAY_ONLY}`]]
    ],
    [
      [`DUE;TZID=${'x'.repeat(300)}:20260329T090000`],
      { due: { date: '2026-03-29' } },
      [[6, `DUE has the unknown time zone ${'x'.repeat(50)}…; ${DAY_ONLY}`]]
    ],
    [
      ['DUE;TZID=Mars/Olympus:20260329T090000'],
      at('2026-03-29T09:00:00', 'Europe/Berlin'),
      [[6, 'DUE has the unknown time zone Mars/Olympus; the time was taken in Europe/Berlin']],
      BERLIN
    ],
    [['DUE:20260329T090000'], { due: { date: '2026-03-29' } }, [[6, `DUE has no time zone; ${DAY_ONLY}`]]],
    [['DUE:20260329T090000'], at('2026-03-29T09:00:00', 'Europe/Berlin'), [], BERLIN],
    [['DUE;TZID=Asia/Tokyo:20260329T090000'], at('2026-03-29T09:00:00', 'Asia/Tokyo'), [], BERLIN],
    [['DUE:'], { due: null }],
    [['DTSTART:20260329T090000Z'], { due: null }, [[6, NO_START]]],
    [['DTSTART:20260329T090000Z', 'DUE:20260329T090000Z'], at('2026-03-29T09:00:00', 'Etc/UTC')],
    [
      ['DTSTART;TZID=Asia/Tokyo:20260329T090000', 'DUE;TZID=Europe/Berlin:20260329T090000'],
      at('2026-03-29T09:00:00', 'Europe/Berlin'),
      [[6, NO_START]]
    ],
    [['DTSTART:soon', 'DUE:20260329'], { due: { date: '2026-03-29' } }, [[6, NO_START]]]
  ],

  'how long it takes': [
    [['DTSTART;VALUE=DATE:20260329', 'DURATION:P3D'], { due: { date: '2026-04-01' } }, [[6, NO_START]]],
    [['DTSTART;VALUE=DATE:20260329', 'DURATION:P1W'], { due: { date: '2026-04-05' } }, [[6, NO_START]]],
    [
      ['DTSTART:20260329T230000Z', 'DURATION:P1DT2H3M4S'],
      at('2026-03-31T01:03:04', 'Etc/UTC'),
      [[6, NO_START]]
    ],
    // The night in which the clocks go back: twelve hours pass, of which clocks show eleven. A day stays a day.
    [
      ['DTSTART;TZID=Europe/Berlin:20261024T220000', 'DURATION:PT12H'],
      at('2026-10-25T09:00:00', 'Europe/Berlin'),
      [[6, NO_START]]
    ],
    [
      ['DTSTART;TZID=Europe/Berlin:20261024T220000', 'DURATION:+P1D'],
      at('2026-10-25T22:00:00', 'Europe/Berlin'),
      [[6, NO_START]]
    ],
    ...[
      'DURATION:-P1D',
      'DURATION:P',
      'DURATION:PT',
      'DURATION:P1DT',
      'DURATION:1D',
      'DURATION:P999999W'
    ].map(
      (duration): Case => [
        ['DTSTART;VALUE=DATE:20260329', duration],
        { due: null },
        [
          [6, NO_START],
          [7, 'DURATION was left out: it is not such as P1D or PT2H, or does not fit to DTSTART']
        ]
      ]
    ),
    [
      ['DTSTART;VALUE=DATE:20260329', 'DURATION:PT2H'],
      { due: null },
      [
        [6, NO_START],
        [7, 'DURATION was left out: it is not such as P1D or PT2H, or does not fit to DTSTART']
      ]
    ],
    [
      ['DTSTART:99991231T230000Z', 'DURATION:PT1H'],
      { due: null },
      [
        [6, NO_START],
        [7, 'DURATION was left out: it is not such as P1D or PT2H, or does not fit to DTSTART']
      ]
    ],
    [['DURATION:PT2H'], { due: null }, [[6, 'DURATION was left out: the VTODO has no DTSTART']]],
    [
      ['DUE:20260329', 'DURATION:PT2H'],
      { due: { date: '2026-03-29' } },
      [[7, 'DURATION was left out: the VTODO has a DUE']]
    ]
  ],

  'what is done': [
    [['STATUS:NEEDS-ACTION'], { done: false, completedAt: null }],
    [['STATUS:COMPLETED'], { done: true, completedAt: '2026-01-01T00:00:00.000Z' }],
    [
      ['STATUS:completed', 'COMPLETED:20251231T120000Z'],
      { done: true, completedAt: '2025-12-31T12:00:00.000Z' }
    ],
    [['COMPLETED:20251231T120000Z'], { done: true, completedAt: '2025-12-31T12:00:00.000Z' }],
    [['PERCENT-COMPLETE:100'], { done: true }],
    [['PERCENT-COMPLETE:0'], { done: false }],
    [['PERCENT-COMPLETE:50'], { done: false }, [[6, 'PERCENT-COMPLETE was left out: a todo is done or not']]],
    [
      ['STATUS:COMPLETED', 'PERCENT-COMPLETE:50'],
      { done: true },
      [[7, 'PERCENT-COMPLETE was left out: a todo is done or not']]
    ],
    [
      ['STATUS:NEEDS-ACTION', 'COMPLETED:20251231T120000Z', 'PERCENT-COMPLETE:100'],
      { done: false, completedAt: null },
      [
        [7, 'COMPLETED was left out: by its STATUS the todo is not done'],
        [8, 'PERCENT-COMPLETE was left out: a todo is done or not']
      ]
    ],
    [
      ['STATUS:IN-PROCESS'],
      { done: false },
      [[6, 'STATUS is IN-PROCESS; the todo was taken over as not done']]
    ],
    [
      ['STATUS:CANCELLED', 'COMPLETED:20251231T120000Z'],
      { done: true, completedAt: '2025-12-31T12:00:00.000Z' },
      [[6, 'STATUS is CANCELLED; the todo was taken over as done']]
    ],
    [['STATUS:FINAL'], { done: false }, [[6, 'STATUS was left out: FINAL is not known']]]
  ],

  'its times': [
    [
      ['CREATED:20251201T080000Z', 'LAST-MODIFIED:20251202T080000Z'],
      { createdAt: '2025-12-01T08:00:00.000Z', updatedAt: '2025-12-02T08:00:00.000Z' }
    ],
    [
      ['CREATED;TZID=Asia/Tokyo:20251201T080000'],
      { createdAt: '2025-11-30T23:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' }
    ],
    [['CREATED:20251201T080000'], { createdAt: '2025-12-01T07:00:00.000Z' }, [], BERLIN],
    [
      ['CREATED:20251201T080000'],
      { createdAt: '2026-01-01T00:00:00.000Z' },
      [[6, 'CREATED was left out: it has no known time zone. The parameter timeZone gives such times a zone']]
    ],
    ...['19691231T235959Z', '20251201', 'yesterday', '20260230T000000Z', '20251201T080000+0100'].map(
      (time): Case => [
        [`CREATED:${time}`, 'LAST-MODIFIED:20251202T080000Z'],
        { createdAt: '2025-12-02T08:00:00.000Z', updatedAt: '2025-12-02T08:00:00.000Z' },
        [[6, noInstant('CREATED')]]
      ]
    ),
    [
      ['CREATED:20251203T080000Z', 'LAST-MODIFIED:20251202T080000Z'],
      { createdAt: '2025-12-02T08:00:00.000Z', updatedAt: '2025-12-02T08:00:00.000Z' },
      [[6, 'CREATED was left out: it is later than LAST-MODIFIED or COMPLETED']]
    ],
    [
      ['CREATED:20251203T080000Z', 'COMPLETED:20251202T080000Z'],
      { createdAt: '2025-12-02T08:00:00.000Z', completedAt: '2025-12-02T08:00:00.000Z' },
      [[6, 'CREATED was left out: it is later than LAST-MODIFIED or COMPLETED']]
    ]
  ],

  'what time has not come yet': [
    [
      ['CREATED:20260101T000001Z', 'LAST-MODIFIED:20300101T000000Z'],
      { createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' },
      [
        [6, isFuture('CREATED')],
        [7, isFuture('LAST-MODIFIED')]
      ]
    ],
    [
      ['STATUS:COMPLETED', 'COMPLETED:99991231T235959Z', 'LAST-MODIFIED:20251201T000000Z'],
      { done: true, completedAt: '2025-12-01T00:00:00.000Z', updatedAt: '2025-12-01T00:00:00.000Z' },
      [[7, isFuture('COMPLETED')]]
    ],
    [
      ['COMPLETED;TZID=America/New_York:20251231T190001'],
      { done: true, completedAt: '2026-01-01T00:00:00.000Z' },
      [[6, isFuture('COMPLETED')]]
    ],
    [['LAST-MODIFIED:20260101T000000Z'], { updatedAt: '2026-01-01T00:00:00.000Z' }]
  ],

  'its place': [
    [['X-LATCHKEY-POSITION:VOhqqeV-Sg9Gc-t49f1vNV'], { position: 'VOhqqeV-Sg9Gc-t49f1vNV' }],
    ...['', 'ä', 'a b', '-'].map(
      (position): Case => [
        [`X-LATCHKEY-POSITION:x${position} y`],
        {},
        [[6, 'X-LATCHKEY-POSITION was left out: it is not the position of a todo']]
      ]
    )
  ],

  'how urgent it is': [
    ...['1', '2', '3', '4'].map((priority): Case => [[`PRIORITY:${priority}`], { priority: 'high' }]),
    [['PRIORITY:5'], { priority: 'medium' }],
    ...['6', '7', '8', ' 9 '].map((priority): Case => [[`PRIORITY:${priority}`], { priority: 'low' }]),
    [['PRIORITY:0'], { priority: 'none' }],
    ...['10', '-1', 'high', '5x'].map(
      (priority): Case => [
        [`PRIORITY:${priority}`],
        { priority: 'none' },
        [[6, 'PRIORITY was left out: it is no number from 0 to 9']]
      ]
    )
  ],

  'its tags': [
    [['CATEGORIES:b,a', 'CATEGORIES:c,a'], { tags: ['a', 'b', 'c'] }],
    [['CATEGORIES:x\\,y, z ,,w\\\\,\\;v,'], { tags: [';v', 'w\\', 'x,y', 'z'] }],
    [['CATEGORIES:\u0065\u0301,\u00e9'], { tags: ['é'] }],
    [
      [`CATEGORIES:${'x'.repeat(51)},ok,a\\nb`],
      { tags: ['ok'] },
      [
        [
          6,
          `the category ${'x'.repeat(50)}… was left out: it is not accepted; give a text of 1 to 50 characters, without white space around it`
        ],
        [6, 'the category a\nb was left out: it contains a line break, U+000A; remove it']
      ]
    ],
    [
      [`CATEGORIES:${Array.from({ length: 22 }, (_, index) => String.fromCharCode(97 + index)).join()}`],
      { tags: Array.from({ length: 20 }, (_, index) => String.fromCharCode(97 + index)) },
      [
        [6, 'the category u was left out: a todo has at most 20 tags'],
        [6, 'the category v was left out: a todo has at most 20 tags']
      ]
    ],
    [
      [`CATEGORIES:${'a,'.repeat(1000)}b`],
      { tags: ['a'] },
      [[6, 'more than 1000 categories are not read; the rest was left out']]
    ],
    [
      [...Array(100).fill('CATEGORIES:a'), 'CATEGORIES:b'],
      { tags: ['a'] },
      [[106, 'CATEGORIES was left out: it comes too often']]
    ]
  ],

  'its texts': [
    [
      ['DESCRIPTION: one\\, two\\; three\\\\n\\Nfour\\nfive \\x '],
      { description: ' one, two; three\\n\nfour\nfive \\x ' }
    ],
    [['DESCRIPTION;ALTREP="cid:a;b:c";LANGUAGE=de,at:text:more'], { description: 'text:more' }],
    [
      ['DESCRIPTION:a\u0000b\u007fc\td'],
      { description: 'abc\td' },
      [[6, 'DESCRIPTION has control characters, which were removed']]
    ],
    [
      ['DESCRIPTION:text', 'X-ALT-DESC;FMTTYPE=text/html:<p>text</p>'],
      { description: 'text' },
      [[7, 'X-ALT-DESC was left out: a todo has plain text only']]
    ],
    [
      ['STYLED-DESCRIPTION;FMTTYPE=text/html:<p>text</p>'],
      { description: null },
      [[6, 'STYLED-DESCRIPTION was left out: a todo has plain text only']]
    ],
    [
      ['SUMMARY:Two', 'summary:Three'],
      { title: 'One' },
      [
        [6, 'SUMMARY was left out: it comes too often'],
        [7, 'SUMMARY was left out: it comes too often']
      ]
    ]
  ],

  'how it recurs': [
    [
      ['DUE:20260329', 'RRULE:FREQ=WEEKLY;BYDAY=SU;INTERVAL=1'],
      { repeat: { rule: 'FREQ=WEEKLY;BYDAY=SU', from: 'due' } }
    ],
    [
      ['DTSTART:20260329', 'DUE:20260329T090000Z', 'RRULE:FREQ=YEARLY;BYMONTH=3;COUNT=5'],
      { repeat: { rule: 'FREQ=YEARLY;COUNT=5;BYMONTH=3', from: 'due' } },
      [[6, NO_START]]
    ],
    [
      ['DTSTART:20260327', 'DUE:20260329', 'RRULE:FREQ=WEEKLY'],
      { repeat: { rule: 'FREQ=WEEKLY', from: 'due' } },
      [[6, NO_START]]
    ],
    [
      ['DTSTART:20260327', 'DUE:20260329', 'RRULE:FREQ=WEEKLY;BYDAY=FR'],
      { repeat: null },
      [
        [6, NO_START],
        [8, 'RRULE was left out: it names days for DTSTART, which is on another day than DUE']
      ]
    ],
    // The last start is that of 10 April, with which a DUE two days later comes.
    [
      ['DTSTART:20260327', 'DUE:20260329', 'RRULE:FREQ=WEEKLY;UNTIL=20260410'],
      { repeat: { rule: 'FREQ=WEEKLY;UNTIL=20260412', from: 'due' } },
      [[6, NO_START]]
    ],
    [
      [
        'DTSTART;TZID=Europe/Berlin:20260327T090000',
        'DUE;TZID=Europe/Berlin:20260327T170000',
        'RRULE:FREQ=DAILY;UNTIL=20260410T070000Z'
      ],
      { repeat: { rule: 'FREQ=DAILY;UNTIL=20260410', from: 'due' } },
      [[6, NO_START]]
    ],
    [
      ['DTSTART:20260327T090000Z', 'DUE:20260328T010000Z', 'RRULE:FREQ=DAILY;UNTIL=20260410T085959Z'],
      { repeat: { rule: 'FREQ=DAILY;UNTIL=20260410', from: 'due' } },
      [[6, NO_START]]
    ],
    [
      ['DTSTART:20260327', 'DUE:20260329', 'RRULE:FREQ=DAILY;UNTIL=99991231'],
      { repeat: { rule: 'FREQ=DAILY;UNTIL=99991231', from: 'due' } },
      [[6, NO_START]]
    ],
    [
      ['DTSTART:99990327', 'DUE:00010102', 'RRULE:FREQ=DAILY;UNTIL=00010101'],
      { repeat: null },
      [
        [6, NO_START],
        [8, 'RRULE was left out: it never occurs from 0001-01-02 on; give a rule that does']
      ]
    ],
    [
      ['DTSTART:20260329T090000Z', 'DUE:20260329T090000Z', 'RRULE:FREQ=DAILY;UNTIL=20260410T090000Z'],
      { repeat: { rule: 'FREQ=DAILY;UNTIL=20260410T090000Z', from: 'due' } }
    ],
    // Starts of 31 January, March, May; 30 January, March, April; and 28 February, which the next year may have a day more after.
    ...(
      [
        ['20260131', '20260202', 'MONTHLY'],
        ['20260130', '20260201', 'MONTHLY'],
        ['20260128', '20260131', 'MONTHLY'],
        ['20260129', '20260130', 'MONTHLY'],
        ['20260228', '20260301', 'YEARLY'],
        ['20260105', '20260207', 'YEARLY']
      ] as const
    ).map(
      ([start, due, frequency]): Case => [
        [`DTSTART:${start}`, `DUE:${due}`, `RRULE:FREQ=${frequency}`],
        { repeat: null },
        [
          [6, NO_START],
          [
            8,
            `RRULE was left out: it is ${frequency} for DTSTART, from which DUE is not equally far in each month`
          ]
        ]
      ]
    ),
    [
      ['DTSTART:20260105', 'DUE:20260107', 'RRULE:FREQ=MONTHLY;UNTIL=20260305'],
      { repeat: { rule: 'FREQ=MONTHLY;UNTIL=20260307', from: 'due' } },
      [[6, NO_START]]
    ],
    [
      ['DTSTART:soon', 'DUE:20260131', 'RRULE:FREQ=MONTHLY'],
      { repeat: { rule: 'FREQ=MONTHLY', from: 'due' } },
      [[6, NO_START]]
    ],
    // Due when it starts.
    [
      ['DTSTART;VALUE=DATE:20260329', 'DURATION:P0D', 'RRULE:FREQ=WEEKLY'],
      { due: { date: '2026-03-29' }, repeat: { rule: 'FREQ=WEEKLY', from: 'due' } }
    ],
    [
      ['DTSTART;TZID=Europe/Berlin:20260329T090000', 'DURATION:PT0S', 'RRULE:FREQ=WEEKLY'],
      { ...at('2026-03-29T09:00:00', 'Europe/Berlin'), repeat: { rule: 'FREQ=WEEKLY', from: 'due' } }
    ],
    [
      ['RRULE:FREQ=WEEKLY'],
      { repeat: null },
      [[6, 'RRULE was left out: it needs a due date, with which the series begins; give due, too']]
    ],
    [
      ['DUE:20260329', 'RRULE:FREQ=HOURLY'],
      { repeat: null },
      [[7, 'RRULE was left out: it has FREQ=HOURLY; give one of DAILY, WEEKLY, MONTHLY, YEARLY']]
    ],
    [
      ['DUE:20260329', 'RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30'],
      { repeat: null },
      [[7, 'RRULE was left out: it never occurs from 2026-03-29 on; give a rule that does']]
    ],
    [
      ['DUE:20260329', 'RRULE:FREQ=DAILY', 'EXDATE:20260330', 'RDATE:20260330'],
      { repeat: { rule: 'FREQ=DAILY', from: 'due' } },
      [
        [8, nothingLikeIt('EXDATE')],
        [9, nothingLikeIt('RDATE')]
      ]
    ]
  ],

  'what else there is': [
    [['DTSTAMP:20260101T000000Z', 'SEQUENCE:0', 'CLASS:public', 'LOCATION:', 'X-A: '], {}],
    [
      [
        'CLASS:CONFIDENTIAL',
        'URL:https://example.org',
        'X-CUSTOM;BAD:x',
        'constructor:x',
        '__proto__:x',
        'SEQUENCE:3',
        'X-MOZ-GENERATION:1'
      ],
      {},
      [
        [6, nothingLikeIt('CLASS')],
        [7, nothingLikeIt('URL')],
        [8, nothingLikeIt('X-CUSTOM')],
        [9, nothingLikeIt('CONSTRUCTOR')],
        [10, nothingLikeIt('__PROTO__')],
        [11, nothingLikeIt('SEQUENCE')],
        [12, nothingLikeIt('X-MOZ-GENERATION')]
      ]
    ],
    [['CLASS:private'], {}, [[6, nothingLikeIt('CLASS')]]],
    [
      [
        'BEGIN:VALARM',
        'no property',
        'UID:two',
        'BEGIN:X-Y',
        'END:X-Y',
        'END:VALARM',
        `X-${'Y'.repeat(60)}:z`
      ],
      {},
      [
        [6, nothingLikeIt('VALARM')],
        [12, `X-${'Y'.repeat(48)}… was left out: a todo here has nothing like it`]
      ]
    ]
  ]
}

for (const [title, list] of Object.entries(cases))
  t.test(title, async t => {
    const { take, list: readTodos, todos } = await serveCalendars(t)
    for (const [properties, expected, notes = [], options] of list) {
      const message = properties.join(' ').slice(0, 100)
      const answer = await take(todoOf(...properties), options)
      t.equal(answer.status, 200, message)
      const expectedNotes = notes.map(([line, detail]) => ({ line, detail, uid: 'one' }))
      const counts = { created: 1, existing: 0 }
      t.strictSame(answer.body, notes.length > 0 ? { ...counts, notes: expectedNotes } : counts, message)
      const [todo] = await readTodos()
      t.match(todo, { title: 'One', ...expected }, message)
      await todos('DELETE', `/${todo.id}?permanent=true`)
    }
  })

t.test('what is wrong is told line by line, and nothing is imported', async t => {
  const { take, list } = await serveCalendars(t)
  const notDue = 'is no existing day or time; give one such as 20260329 or 20260329T090000'
  const outside = 'is outside a calendar; give a file that begins with BEGIN:VCALENDAR'
  const wrong: [calendar: string, ...errors: [line: number, detail: string][]][] = [
    ['', [1, outside]],
    ['{"title":"x"}\n', [1, outside]],
    ['BEGIN:VTODO\nSUMMARY:x\nEND:VTODO\n', [1, outside]],
    ['END:VCALENDAR\n', [1, outside]],
    [`${calendarOf()}SUMMARY:x\r\n`, [4, outside]],
    ['BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:x\n', [2, 'VTODO has no END; the file may be cut off']],
    [
      'BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:x\nEND:VCALENDAR\n',
      [4, 'END:VCALENDAR comes before the end of VTODO, which begins in line 2']
    ],
    [
      calendarOf(...Array(8).fill('BEGIN:X-A'), ...Array(8).fill('END:X-A')),
      [10, 'X-A is nested too deep; at most 8 levels are read']
    ],
    [calendarOf('BEGIN:VTODO', 'UID:x', 'SUMMARY: ', 'END:VTODO'), [3, 'VTODO has no SUMMARY; give it one']],
    [todoOf('DUE:tomorrow'), [6, `DUE ${notDue}`]],
    [todoOf('DUE:20260229'), [6, `DUE ${notDue}`]],
    [todoOf('DUE:20260329T240000'), [6, `DUE ${notDue}`]],
    [todoOf('DUE:20260329T090000+0100'), [6, `DUE ${notDue}`]],
    [todoOf('DUE:20260329,20260330'), [6, `DUE ${notDue}`]],
    [todoOf('DTSTART:soon', 'DURATION:P1D'), [6, `DTSTART ${notDue}`]],
    [todoOf('and more of the text'), [6, 'this is not a property such as SUMMARY:Buy milk; correct it']],
    [todoOf('DUE;TZID:20260329'), [6, 'DUE is not a property such as SUMMARY:Buy milk; correct it']],
    [
      todoOf(`DESCRIPTION:${'x'.repeat(16_385)}`),
      [6, 'DESCRIPTION is not accepted; give a text of at most 16384 characters, or null for none']
    ],
    [
      todoOf(`DESCRIPTION:${'\\n'.repeat(65_600)}`),
      [6, 'DESCRIPTION is longer than 131072 bytes; make it shorter']
    ],
    [
      calendarOf('BEGIN:VTODO', `SUMMARY:${'x'.repeat(501)}`, 'END:VTODO'),
      [4, 'SUMMARY is not accepted; give a text of 1 to 500 characters, not counting white space around it']
    ],
    [
      calendarOf('BEGIN:VTODO', 'SUMMARY:\u200b', 'END:VTODO'),
      [4, 'SUMMARY has no visible character; give at least one']
    ],
    [
      'BEGIN:VCALENDAR\nVERSION:1.0\nCALSCALE:HEBREW\nEND:VCALENDAR\n',
      [2, 'VERSION is 1.0; give a calendar of version 2.0 (iCalendar)'],
      [3, 'CALSCALE is HEBREW; give dates of the Gregorian calendar']
    ]
  ]
  for (const [calendar, ...errors] of wrong) {
    const answer = await take(calendar)
    const expected = errors.map(([line, detail]) => ({
      pointer: `/${line - 1}`,
      detail: `line ${line}: ${detail}`
    }))
    t.equal(answer.status, 400, calendar.slice(0, 100))
    t.strictSame(answer.body, invalid(answer, ...expected), calendar.slice(0, 100))
  }

  const todo = ['BEGIN:VTODO', 'SUMMARY:right', 'END:VTODO']
  const many = await take(calendarOf(...todo, ...Array(350).fill(['BEGIN:VTODO', 'END:VTODO']).flat()))
  t.match(many.body.errors, { length: 100, 99: { pointer: '/203' } })
  t.strictSame(await list(), [])
})
