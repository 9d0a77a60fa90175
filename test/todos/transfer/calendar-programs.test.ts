import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { contentOf, serveCalendars } from './calendar-imports.ts'

const FOLDER = join(import.meta.dirname, 'calendars')
const read = (name: string) => readFileSync(join(FOLDER, `${name}.ics`), 'utf8')

const NOW = '2026-02-01T00:00:00.000Z'
const LONG_TOKENS = { ACCESS_TOKEN_TTL: `${60 * 86_400}`, REFRESH_TOKEN_TTL: `${100 * 86_400}` }
const nothingLikeIt = (name: string, kind = 'todo') =>
  `${name} was left out: a ${kind} here has nothing like it`
const NO_LIST = 'X-WR-CALNAME was left out: the parameter list puts the todos into a list'
const NO_START = 'DTSTART was left out: a todo has no start, only a due date'

const blank = {
  listId: null,
  parentId: null,
  childCount: 0,
  openChildCount: 0,
  description: null,
  done: false,
  due: null,
  priority: 'none',
  tags: [],
  repeat: null,
  createdAt: NOW,
  updatedAt: NOW,
  completedAt: null,
  deletedAt: null
}

interface Program {
  readonly name: string
  readonly query?: string
  /** With the titles of parents for their ids. */
  readonly todos: readonly object[]
  /** The lines, UIDs and details of the notes. */
  readonly notes: readonly (readonly [line: number, uid: string | undefined, detail: string])[]
}

const TAX = '7d2a2d4f-31a5-4c55-a8d1-1b1f7b3a8f10'
const TYRES = '0f6c8c3e-5b7e-4a2f-9a57-2f1d1c9be111'
const [PLANTS, POT] = ['5D0A9C1E-6E0B-4C46-8E54-0B3A6B7F2C11', '91C7E2B4-7A43-4B92-B3D1-6F2A1D0C4E33']
const [RENT, HEATING] = ['4129483028440918765', '8841002938475610293']

/** Files in the shape that programs write them. */
const programs: Program[] = [
  {
    name: 'thunderbird',
    todos: [
      {
        ...blank,
        title: 'Steuererklärung',
        description: 'Belege sammeln\nan Elster schicken',
        due: { dateTime: '2026-03-31T18:00:00', timeZone: 'Europe/Berlin' },
        priority: 'high',
        tags: ['Finanzen', 'Haus, Hof'],
        createdAt: '2026-01-10T08:15:00.000Z',
        updatedAt: '2026-01-12T09:17:02.000Z'
      },
      {
        ...blank,
        title: 'Reifen wechseln',
        done: true,
        due: { dateTime: '2026-01-11T08:00:00', timeZone: 'Europe/Berlin' },
        createdAt: '2026-01-10T08:16:00.000Z',
        updatedAt: '2026-01-11T12:00:00.000Z',
        completedAt: '2026-01-11T11:59:59.000Z'
      }
    ],
    notes: [
      [29, TAX, 'STATUS is IN-PROCESS; the todo was taken over as not done'],
      [31, TAX, NO_START],
      [33, TAX, nothingLikeIt('LOCATION')],
      [34, TAX, 'PERCENT-COMPLETE was left out: a todo is done or not'],
      [37, TAX, nothingLikeIt('X-MOZ-GENERATION')],
      [38, TAX, nothingLikeIt('ATTACH')],
      [39, TAX, nothingLikeIt('VALARM')],
      [55, TYRES, nothingLikeIt('X-MOZ-LASTACK')]
    ]
  },
  {
    name: 'nextcloud',
    query: '?timeZone=Europe/Berlin',
    todos: [
      {
        ...blank,
        title: 'Umzug',
        childCount: 1,
        due: { date: '2026-05-01' },
        priority: 'medium',
        createdAt: '2026-01-10T07:15:00.000Z',
        updatedAt: '2026-01-12T08:17:02.000Z'
      },
      {
        ...blank,
        title: 'Kartons kaufen',
        parentId: 'Umzug',
        done: true,
        due: { dateTime: '2026-04-20T17:00:00', timeZone: 'Europe/Berlin' },
        createdAt: '2026-01-10T07:16:00.000Z',
        updatedAt: '2026-01-12T08:18:00.000Z',
        completedAt: '2026-01-12T08:18:00.000Z'
      }
    ],
    notes: [
      [5, undefined, NO_LIST],
      [6, undefined, nothingLikeIt('X-APPLE-CALENDAR-COLOR', 'calendar')],
      [18, 'pwen4kz18g', nothingLikeIt('CLASS')],
      [19, 'pwen4kz18g', nothingLikeIt('X-OC-HIDESUBTASKS')],
      [20, 'pwen4kz18g', nothingLikeIt('X-APPLE-SORT-ORDER')]
    ]
  },
  {
    name: 'apple',
    todos: [
      {
        ...blank,
        title: 'Water the plants 🌱',
        childCount: 1,
        due: { dateTime: '2026-01-05T09:30:00', timeZone: 'America/Los_Angeles' },
        priority: 'low',
        repeat: { rule: 'FREQ=WEEKLY;INTERVAL=2', from: 'due' },
        createdAt: '2026-01-03T18:00:00.000Z',
        updatedAt: '2026-01-03T18:01:00.000Z'
      },
      {
        ...blank,
        title: 'Buy a pot',
        parentId: 'Water the plants 🌱',
        description: 'Two of them, the small ones.\nNot the red ones; those are too\\too big.',
        done: true,
        createdAt: '2026-01-03T18:00:00.000Z',
        updatedAt: '2026-01-04T01:02:03.000Z',
        completedAt: '2026-01-04T01:02:03.000Z'
      }
    ],
    notes: [
      [5, undefined, nothingLikeIt('X-APPLE-CALENDAR-COLOR', 'calendar')],
      [6, undefined, NO_LIST],
      [37, PLANTS, nothingLikeIt('X-APPLE-SORT-ORDER')],
      [38, PLANTS, nothingLikeIt('VALARM')],
      [58, POT, nothingLikeIt('X-APPLE-SORT-ORDER')]
    ]
  },
  {
    name: 'google',
    todos: [
      { ...blank, title: 'Écrire à Zoé', due: { date: '2026-01-16' } },
      {
        ...blank,
        title: 'Appeler le garage',
        due: { dateTime: '2026-01-16T14:30:00', timeZone: 'Europe/Paris' }
      }
    ],
    notes: [
      [6, undefined, NO_LIST],
      [8, '3q1v4t0c9c8sd2f6@google.com', 'VEVENT was left out: only VTODO becomes a todo']
    ]
  },
  {
    name: 'tasks-org',
    todos: [
      {
        ...blank,
        title: 'Pay the rent',
        childCount: 1,
        description: 'By bank transfer',
        due: { dateTime: '2026-01-30T12:00:00', timeZone: 'America/Chicago' },
        priority: 'high',
        tags: ['Home', 'Money'],
        repeat: { rule: 'FREQ=MONTHLY;BYDAY=-1FR', from: 'due' },
        createdAt: '2026-01-10T08:15:00.000Z',
        updatedAt: '2026-01-12T09:17:00.000Z'
      },
      {
        ...blank,
        title: 'Ask about the heating',
        parentId: 'Pay the rent',
        done: true,
        createdAt: '2026-01-10T08:16:00.000Z',
        updatedAt: '2026-01-12T09:17:00.000Z',
        completedAt: '2026-01-12T09:17:00.000Z'
      }
    ],
    notes: [
      [15, RENT, nothingLikeIt('GEO')],
      [17, RENT, nothingLikeIt('X-APPLE-SORT-ORDER')],
      [18, RENT, nothingLikeIt('VALARM')],
      [30, HEATING, 'STATUS is CANCELLED; the todo was taken over as done']
    ]
  },
  {
    name: 'outlook',
    todos: [
      {
        ...blank,
        title: 'Bericht',
        due: { dateTime: '2026-01-16T17:00:00', timeZone: 'Europe/Berlin' },
        priority: 'medium'
      },
      {
        ...blank,
        title: 'Call New York',
        due: { dateTime: '2026-01-17T09:00:00', timeZone: 'America/New_York' }
      },
      { ...blank, title: 'Call London', due: { dateTime: '2026-01-18T09:00:00', timeZone: 'UTC' } }
    ],
    notes: [
      [
        32,
        '040000008200E00074C5B7101A82E00800000000D0A1B2C3D4E5F60000000000000000100000000ABCDEF',
        'X-ALT-DESC was left out: a todo has plain text only'
      ],
      [
        33,
        '040000008200E00074C5B7101A82E00800000000D0A1B2C3D4E5F60000000000000000100000000ABCDEF',
        nothingLikeIt('X-MICROSOFT-CDO-IMPORTANCE')
      ]
    ]
  }
]

for (const { name, query = '', todos, notes } of programs)
  t.test(`a calendar of ${name} is imported, and again without effect`, async t => {
    const { clock, take, list } = await serveCalendars(t, LONG_TOKENS)
    clock.advance((Date.parse(NOW) - clock.now().getTime()) / 1000)
    const calendar = read(name)
    const expectedNotes = notes.map(([line, uid, detail]) => ({ line, detail, ...(uid && { uid }) }))
    const first = await take(calendar, { query })
    t.equal(first.status, 200)
    t.strictSame(first.body, { created: todos.length, existing: 0, notes: expectedNotes })
    const imported = await list()
    const titles = new Map(imported.map(({ id, title }: { id: string; title: string }) => [id, title]))
    const withTitle = (todo: { parentId: string }) =>
      contentOf({ ...todo, parentId: titles.get(todo.parentId) ?? null })
    t.strictSame(imported.map(withTitle), todos)

    const second = await take(calendar.replaceAll('\r\n', '\n'), { query })
    t.strictSame(second.body, { created: 0, existing: todos.length, notes: expectedNotes })
    t.strictSame(await list(), imported)
  })
