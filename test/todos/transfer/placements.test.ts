import t from 'tap'
import type { BoundStatement } from '../../../src/db/bound-statement.ts'
import { MAX_DESCENDANTS } from '../../../src/todos/limits.ts'
import { expectedProblem, type Settings } from '../../support/service.ts'
import { invalid, MISSING_ID } from '../signed-in.ts'
import { calendarOf, serveCalendars } from './calendar-imports.ts'

const asLines = { 'content-type': 'application/x-ndjson' }
const NO_PARENT = 'names no todo of the list'
const NO_LIST = 'names no list; GET /api/lists tells those that there are'
const TOO_DEEP = 'is too deep; subtasks have at most 4 levels'

type Test = Parameters<typeof serveCalendars>[0]

/** A signed-in user with lists, who imports lines. */
async function serveLists(t: Test, settings: Settings = {}) {
  const service = await serveCalendars(t, settings)
  const { call, token } = service

  async function makeList(name: string, fields: object = {}): Promise<string> {
    const { body } = await call('POST', '/api/lists', { token, body: { name, ...fields } })
    return body.id
  }

  /** The number of open todos of each list, by names. */
  async function countOpen() {
    const { items } = (await call('GET', '/api/lists', { token })).body
    return Object.fromEntries(
      items.map(({ name, openCount }: { name: string; openCount: number }) => [name, openCount])
    )
  }

  const takeLines = (lines: readonly object[], headers: Record<string, string> = {}, token = service.token) =>
    call('POST', '/api/todos/import', {
      token,
      body: lines.map(line => `${JSON.stringify(line)}\n`).join(''),
      headers: { ...asLines, ...headers }
    })

  /** All todos by their titles. */
  async function readAll(token = service.token) {
    const { body } = await call('GET', '/api/todos/export', { token })
    const todos = body
      .split('\n')
      .filter(Boolean)
      .map((line: string) => JSON.parse(line))
    return new Map<string, Record<string, unknown>>(
      todos.map((todo: { title: string }) => [todo.title, todo])
    )
  }

  return { ...service, makeList, countOpen, takeLines, readAll }
}

const [A, B, C, D, E, F] = Array.from('abcdef', digit => MISSING_ID.replace(/^./, digit))

t.test('lines get their lists and parents, in any order', async t => {
  const { makeList, countOpen, takeLines, readAll, titles } = await serveLists(t)
  const [home, old] = [await makeList('home'), await makeList('old', { archived: true })]
  const lines = [
    { id: C, title: 'c', parentId: B },
    { id: B, title: 'b', parentId: `${A}`.toUpperCase(), listId: home, done: true },
    { id: A, title: 'a', listId: home.toUpperCase() },
    { id: D, title: 'd', parentId: A, listId: null },
    { id: E, title: 'e', listId: old },
    { title: 'f' }
  ]
  t.strictSame((await takeLines(lines)).body, { created: 6, existing: 0 })
  const todos = await readAll()
  const expected: [string, object][] = [
    ['a', { listId: home, parentId: null, childCount: 2, openChildCount: 1 }],
    ['b', { listId: home, parentId: A, childCount: 1, openChildCount: 1 }],
    ['c', { listId: home, parentId: B, childCount: 0, openChildCount: 0 }],
    ['d', { listId: home, parentId: A, childCount: 0, openChildCount: 0 }],
    ['e', { listId: old, parentId: null }],
    ['f', { listId: null, parentId: null }]
  ]
  for (const [title, placement] of expected) t.match(todos.get(title), placement, title)
  t.strictSame(await countOpen(), { home: 3, old: 1 })
  t.strictSame(await titles(`?parent=${A}`), ['b', 'd'])
  t.strictSame((await takeLines(lines.slice(0, 5))).body, { created: 0, existing: 5 })
  t.strictSame(
    (await takeLines([{ title: 'g', parentId: D }])).body,
    { created: 1, existing: 0 },
    'a parent that was there before'
  )
  t.match((await readAll()).get('d'), { childCount: 1 })
  t.strictSame(await countOpen(), { home: 4, old: 1 })
})

t.test('a place that cannot be had is told, and the todo comes without it', async t => {
  const { makeList, takeLines, todos, make, signUp, call, token, readAll } = await serveLists(t)
  const gone = await makeList('gone')
  await call('DELETE', `/api/lists/${gone}`, { token })
  const home = await makeList('home')
  const [trashed] = await make('trashed')
  await todos('DELETE', `/${trashed.id}`)
  const { accessToken } = await signUp()
  const { body: foreign } = await call('POST', '/api/todos', {
    token: accessToken,
    body: { title: 'foreign' }
  })
  const lines: [line: object, member: string, detail: string][] = [
    [{ title: 'unknown list', listId: MISSING_ID }, 'listId', NO_LIST],
    [{ title: 'deleted list', listId: gone }, 'listId', NO_LIST],
    [{ title: 'unknown parent', parentId: MISSING_ID, listId: home }, 'parentId', NO_PARENT],
    [{ title: 'trashed parent', parentId: trashed.id }, 'parentId', NO_PARENT],
    [{ title: 'foreign parent', parentId: foreign.id }, 'parentId', NO_PARENT],
    [{ title: 'itself', id: A, parentId: A }, 'parentId', NO_PARENT],
    [{ title: 'first of a cycle', id: B, parentId: C }, 'parentId', NO_PARENT]
  ]
  const answer = await takeLines([
    ...lines.map(([line]) => line),
    { title: 'second of a cycle', id: C, parentId: B }
  ])
  t.strictSame(answer.body, {
    created: 8,
    existing: 0,
    notes: lines.map(([, member, detail], index) => ({
      line: index + 1,
      detail: `${member} was left out: it ${detail}`
    }))
  })
  const all = await readAll()
  t.match(all.get('unknown list'), { listId: null })
  t.match(all.get('unknown parent'), { listId: home, parentId: null })
  t.match(all.get('second of a cycle'), { parentId: B })
})

t.test('a todo that comes twice is there once, and a list can go away meanwhile', async t => {
  const { app, makeList, take, takeLines, call, token, countOpen, readAll } = await serveLists(t)
  const home = await makeList('home')
  const twice = { id: A, title: 'a', listId: home }
  t.strictSame((await takeLines([twice, { ...twice, title: 'again' }])).body, { created: 1, existing: 1 })
  t.strictSame(await countOpen(), { home: 1 })

  const { atomically } = app.store
  let isDeleted = false
  Object.assign(app.store, {
    async atomically(...statements: BoundStatement[]) {
      const rows = await atomically(...statements)
      const isImport = statements.some(({ name }) => name.startsWith('todos_insert'))
      if (isImport && !isDeleted) {
        isDeleted = true
        await call('DELETE', `/api/lists/${home}`, { token })
      }
      return rows
    }
  })
  const todos = Array.from({ length: 21 }, (_, index) => [
    'BEGIN:VTODO',
    `UID:${index}`,
    `SUMMARY:${index}`,
    'END:VTODO'
  ])
  t.strictSame((await take(calendarOf(...todos.flat()), { query: `?list=${home}` })).body, {
    created: 21,
    existing: 0,
    notes: [{ line: 83, detail: `the parameter list was left out: it ${NO_LIST}`, uid: '20' }]
  })
  t.match((await readAll()).get('20'), { listId: null, deletedAt: null })
})

t.test('five levels are too many, and so are 501 subtasks', async t => {
  const { takeLines, readAll } = await serveLists(t)
  const chain = [A, B, C, D, E, F].map((id, index, ids) => ({
    id,
    title: `level ${index}`,
    parentId: ids[index - 1] ?? null
  }))
  t.strictSame((await takeLines(chain)).body, {
    created: 6,
    existing: 0,
    notes: [{ line: 6, detail: `parentId was left out: it ${TOO_DEEP}` }]
  })
  t.match((await readAll()).get('level 5'), { parentId: null })

  const root = { id: MISSING_ID, title: 'root' }
  const children = Array.from({ length: MAX_DESCENDANTS + 1 }, (_, index) => ({
    title: `${index}`,
    parentId: MISSING_ID
  }))
  const { body } = await takeLines([root, ...children])
  t.match(body, {
    created: MAX_DESCENDANTS + 2,
    notes: [{ line: MAX_DESCENDANTS + 2, detail: /^parentId was left out: it would have too many subtasks/ }]
  })
  t.equal((await readAll()).get('root')?.childCount, MAX_DESCENDANTS)
})

t.test('what was deleted as one act is restored as one', async t => {
  const { takeLines, todos, readAll, signUp, call } = await serveLists(t)
  await takeLines([
    { id: A, title: 'a' },
    { id: B, title: 'b', parentId: A },
    { id: C, title: 'c', parentId: B },
    { id: D, title: 'd', parentId: A }
  ])
  await todos('DELETE', `/${D}`)
  const deleted = [...(await readAll()).values()].map(todo =>
    todo.title === 'd'
      ? { ...todo, deletedAt: '2026-01-01T00:00:01.000Z' }
      : { ...todo, deletedAt: '2026-01-01T00:00:02.000Z' }
  )
  const { accessToken: token } = await signUp()
  t.strictSame((await takeLines(deleted, {}, token)).body, { created: 4, existing: 0 })
  t.equal((await call('POST', `/api/todos/${A}/restore`, { token })).status, 200)
  const restored = await readAll(token)
  t.match(restored.get('c'), { parentId: B, deletedAt: null })
  t.match(restored.get('a'), { childCount: 1, deletedAt: null })
  t.match(restored.get('d'), { parentId: A, deletedAt: '2026-01-01T00:00:01.000Z' })
})

t.test('a repetition with the same Idempotency-Key tells the same places', async t => {
  const { takeLines } = await serveLists(t)
  const lines = [{ title: 'x', listId: MISSING_ID }]
  const body = { created: 1, existing: 0, notes: [{ line: 1, detail: `listId was left out: it ${NO_LIST}` }] }
  const headers = { 'idempotency-key': 'k' }
  t.strictSame((await takeLines(lines, headers)).body, body)
  const second = await takeLines(lines, headers)
  t.strictSame(second.body, body)
  t.equal(second.headers['idempotent-replayed'], 'true')
})

t.test('the quota holds for todos with a place', async t => {
  const { takeLines, readAll } = await serveLists(t, { MAX_TODOS: '3' })
  const root = { id: A, title: 'a' }
  const children = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ title: `${index}`, parentId: A }))
  const answer = await takeLines([root, ...children(3)])
  t.strictSame(answer.body, expectedProblem(answer, 403, 'quota_exceeded'))
  t.equal((await readAll()).size, 0)
  t.strictSame((await takeLines([root, ...children(2)])).body, { created: 3, existing: 0 })
})

t.test('a calendar goes to a list, and the relations of its VTODOs are those of the todos', async t => {
  const { makeList, countOpen, take, readAll } = await serveLists(t)
  const home = await makeList('home')
  const calendar = calendarOf(
    'X-WR-CALNAME:Home',
    'NAME:Home',
    ...['BEGIN:VTODO', 'UID:c', 'SUMMARY:c', 'RELATED-TO;RELTYPE=SIBLING:b', 'RELATED-TO:a', 'END:VTODO'],
    ...['BEGIN:VTODO', 'UID:a', 'SUMMARY:a', 'RELATED-TO;RELTYPE=CHILD:c', 'END:VTODO'],
    ...['BEGIN:VTODO', 'UID:b', 'SUMMARY:b', 'RELATED-TO;RELTYPE=parent:x', 'END:VTODO']
  )
  const relation = 'RELATED-TO was left out: a todo has one parent, and no other relation'
  const notes = [
    { line: 8, detail: relation, uid: 'c' },
    { line: 14, detail: relation, uid: 'a' },
    { line: 19, detail: `RELATED-TO was left out: it ${NO_PARENT}`, uid: 'b' }
  ]
  t.strictSame((await take(calendar, { query: `?list=${home}` })).body, { created: 3, existing: 0, notes })
  const todos = await readAll()
  t.match(todos.get('c'), { listId: home, parentId: todos.get('a')?.id })
  t.match(todos.get('a'), { listId: home, childCount: 1 })
  t.match(todos.get('b'), { listId: home, parentId: null })
  t.strictSame(await countOpen(), { home: 3 })

  const unknown = await take(calendar, { query: `?list=${MISSING_ID}` })
  t.strictSame(unknown.body, invalid(unknown, { parameter: 'list', detail: NO_LIST }))
})

t.test('a calendar carries lists, parents and rules, and gives them back', async t => {
  const { makeList, take, takeLines, todos, readAll, signUp, call } = await serveLists(t)
  const home = await makeList('At home; x')
  const due = { dateTime: '2026-03-29T09:00:00', timeZone: 'Europe/Berlin' }
  await takeLines([
    {
      id: A,
      title: 'a',
      listId: home,
      tags: ['x'],
      due,
      repeat: { rule: 'FREQ=WEEKLY;BYDAY=MO,TH', from: 'completion' }
    },
    {
      id: B,
      title: 'b',
      parentId: A,
      due: { date: '2026-03-29' },
      repeat: { rule: 'FREQ=DAILY', from: 'due' }
    },
    { id: C, title: 'c' }
  ])
  const asCalendar = { accept: 'text/calendar' }
  const { body: calendar } = await todos('GET', '/export', undefined, asCalendar)
  const linesOf = (text: string) =>
    text
      .replaceAll('\r\n ', '')
      .replaceAll(/BEGIN:VTIMEZONE[\s\S]*?END:VTIMEZONE\r\n/g, '')
      .split('\r\n')
      .filter(line =>
        /^(DTSTART.*|DUE.*|DURATION|RRULE.*|CATEGORIES.*|RELATED-TO.*|NAME|X-WR-CALNAME|SUMMARY)[:;]/.test(
          line
        )
      )
  t.strictSame(linesOf(calendar), [
    'SUMMARY:a',
    'DTSTART;TZID=Europe/Berlin:20260329T090000',
    'DURATION:PT0S',
    'RRULE;X-LATCHKEY-FROM=COMPLETION:FREQ=WEEKLY;BYDAY=MO,TH',
    'CATEGORIES:x',
    `CATEGORIES;X-LATCHKEY-LIST=${home}:At home\\; x`,
    'SUMMARY:b',
    'DTSTART;VALUE=DATE:20260329',
    'DURATION:P0D',
    'RRULE:FREQ=DAILY',
    `CATEGORIES;X-LATCHKEY-LIST=${home}:At home\\; x`,
    `RELATED-TO;RELTYPE=PARENT:${A}@latchkey`,
    'SUMMARY:c'
  ])

  const listed = await todos('GET', `/export?list=${home}`, undefined, asCalendar)
  t.strictSame(linesOf(listed.body), [
    'NAME:At home\\; x',
    'X-WR-CALNAME:At home\\; x',
    ...linesOf(calendar)
      .filter(line => !line.includes('X-LATCHKEY-LIST'))
      .slice(0, -1)
  ])
  const lines = await todos('GET', `/export?list=${home}`)
  const before = await readAll()
  t.equal(lines.body, ['a', 'b'].map(title => `${JSON.stringify(before.get(title))}\n`).join(''))
  const unknown = await todos('GET', `/export?list=${MISSING_ID}`)
  t.strictSame(unknown.body, invalid(unknown, { parameter: 'list', detail: NO_LIST }))

  for (const { id } of before.values()) await todos('DELETE', `/${id}?permanent=true`)
  t.strictSame((await take(calendar)).body, { created: 3, existing: 0 })
  const after = await readAll()
  for (const [title, todo] of before) {
    const { etag, ...content } = after.get(title) ?? {}
    t.match(todo, content, title)
  }

  const { accessToken: token } = await signUp()
  const elsewhere = await take(calendar, { token })
  t.match(elsewhere.body, {
    created: 3,
    notes: [{ detail: `CATEGORIES was left out: it ${NO_LIST}`, uid: `${A}@latchkey` }]
  })
  const { items } = (await call('GET', '/api/todos?list=inbox', { token })).body
  t.equal(items.length, 3)
})

t.test('a list, or the inbox, has more todos than a page of the export', async t => {
  const { makeList, takeLines, todos } = await serveLists(t)
  const home = await makeList('home')
  const other = await makeList('other')
  await takeLines([{ title: 'elsewhere', listId: other }])
  const { body: trashed } = await todos('POST', '', { title: 'in the trash' })
  await todos('DELETE', `/${trashed.id}`)
  const titles: Record<string, string[]> = {}
  const placements: [string, string | null][] = [
    [home, home],
    ['inbox', null]
  ]
  for (const [ref, listId] of placements) {
    const lines = Array.from({ length: 250 }, (_, index) => ({
      title: `${ref} ${index}`,
      listId,
      due: { date: '2026-01-01' }
    }))
    t.strictSame((await takeLines(lines)).body, { created: 250, existing: 0 })
    titles[ref] = lines.map(({ title }) => title).toSorted()
  }
  for (const ref of [home, home.toUpperCase(), 'inbox']) {
    const { status, body } = await todos('GET', `/export?list=${ref}`)
    const exported = body
      .split('\n')
      .filter(Boolean)
      .map((line: string) => JSON.parse(line).title)
    t.strictSame([status, exported.toSorted()], [200, titles[ref] ?? titles[home]])
    const calendar = await todos('GET', `/export?list=${ref}`, undefined, { accept: 'text/calendar' })
    t.equal(calendar.body.match(/BEGIN:VTODO/g).length, 250)
    t.equal(calendar.body.includes('X-WR-CALNAME'), ref !== 'inbox')
  }
  const wrong = await todos('GET', '/export?list=Inbox')
  t.strictSame(
    wrong.body,
    invalid(wrong, { parameter: 'list', detail: 'is not accepted; give the id of a list, or inbox' })
  )
})
