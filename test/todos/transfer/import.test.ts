import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import t from 'tap'
import { MAX_IMPORT, MAX_IMPORT_LINE, MAX_IMPORT_LINES } from '../../../src/todos/limits.ts'
import { importTodos } from '../../../src/todos/transfer/import.ts'
import { createArbitrary } from '../../support/schema-arbitrary.ts'
import { expectedProblem, type Settings } from '../../support/service.ts'
import { crashAtWrite, invalid, MISSING_ID, STANDALONE, serveSignedIn } from '../signed-in.ts'

const asLines = { 'content-type': 'application/x-ndjson' }
const AT = '2026-01-01T00:00:00.000Z'
const EARLIER = '2025-06-01T00:00:00.000Z'

type Test = Parameters<typeof serveSignedIn>[0]

/** A signed-in user, with exports and imports of any account. */
async function transfers(t: Test, settings: Settings = {}) {
  const service = await serveSignedIn(t, settings)
  const { call } = service
  const take = (lines: readonly unknown[], token = service.token) => {
    const body = lines.map(line => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('')
    return call('POST', '/api/todos/import', { token, body, headers: asLines })
  }
  async function give(token = service.token) {
    const { body } = await call('GET', '/api/todos/export', { token })
    return body
      .split('\n')
      .slice(0, -1)
      .map((line: string) => JSON.parse(line))
  }
  return { ...service, take, give }
}

const withoutTags = (todos: { etag: string }[]) => todos.map(({ etag, ...todo }) => todo)

t.test('an export is imported unchanged into another account, and only once', async t => {
  const { clock, signUp, call, todos, make, take, give } = await transfers(t)
  const [a, b, c, d] = await make('a', 'b é', 'c', 'd')
  clock.advance(60)
  await todos('PATCH', `/${a.id}`, {
    done: true,
    tags: ['z', 'y'],
    priority: 'low',
    due: { date: '2026-03-29' }
  })
  await todos('DELETE', `/${b.id}`)
  await todos('POST', `/${c.id}/move`, { to: 'bottom' })
  await todos('PATCH', `/${d.id}`, { due: { dateTime: '2026-03-29T02:30:00', timeZone: 'Europe/Berlin' } })
  const exported = await give()
  clock.advance(60)

  const { accessToken: other } = await signUp()
  const first = await take(exported, other)
  t.match(first, { status: 200, headers: { 'cache-control': 'private, no-cache' } })
  t.strictSame(first.body, { created: 4, existing: 0 })
  const imported = await give(other)
  t.strictSame(withoutTags(imported), withoutTags(exported))
  t.notOk(
    imported.some(({ etag }: { etag: string }) =>
      exported.some((todo: { etag: string }) => todo.etag === etag)
    )
  )

  await call('PATCH', `/api/todos/${a.id}`, { token: other, body: { title: 'changed here' } })
  t.strictSame((await take([...exported, { title: 'new' }], other)).body, { created: 1, existing: 4 })
  t.equal((await call('GET', `/api/todos/${a.id}`, { token: other })).body.title, 'changed here')
  const found: [string, string[]][] = [
    ['q=new', ['new']],
    ['tag=z', ['changed here']],
    ['dueAfter=2026-03-28', ['changed here', 'd']],
    ['sort=-title', ['new', 'd', 'changed here', 'c']],
    ['deleted=true', ['b é']]
  ]
  for (const [query, titles] of found) {
    const { body } = await call('GET', `/api/todos?${query}`, { token: other })
    t.strictSame(
      body.items.map(({ title }: { title: string }) => title),
      titles,
      query
    )
  }
  t.strictSame(await give(), exported, 'nobody else’s has changed')
})

t.test('a line needs only a title', async t => {
  const { todos, make, take, titles } = await transfers(t)
  await make('before')
  t.strictSame((await take([{ title: ' z ' }, { title: 'a', done: true }, '{"title":"m"}\r'])).body, {
    created: 3,
    existing: 0
  })
  const { body } = await todos('GET', '')
  t.strictSame(await titles(), ['before', 'z', 'a', 'm'])
  const [, z, a] = body.items
  t.match(z.etag, /^"[\w-]{36}"$/)
  const blank = {
    description: null,
    due: null,
    priority: 'none',
    tags: [],
    ...STANDALONE,
    createdAt: AT,
    updatedAt: AT,
    deletedAt: null
  }
  t.strictSame(z, {
    id: z.id,
    title: 'z',
    done: false,
    position: z.position,
    completedAt: null,
    etag: z.etag,
    ...blank
  })
  t.strictSame(a, {
    id: a.id,
    title: 'a',
    done: true,
    position: a.position,
    completedAt: AT,
    etag: a.etag,
    ...blank
  })
  t.strictSame((await take([])).body, { created: 0, existing: 0 })
  const twice = { id: MISSING_ID, title: 'the first of two lines with one id' }
  t.strictSame((await take([twice, { ...twice, title: 'the second' }])).body, { created: 1, existing: 1 })
  t.equal((await todos('GET', `/${MISSING_ID}`)).body.title, twice.title)
})

t.test('all wrong lines are named at once, and nothing is imported', async t => {
  const { todos, take, give } = await transfers(t)
  const instant = 'is not accepted; give an instant since 1970 in UTC such as 2026-03-29T09:00:00.000Z'
  const early = 'is before createdAt; give the same instant or a later one'
  const contradiction = 'must be null when done is false; or leave it out'
  const wrong: [unknown, string, string][] = [
    [{}, '/title', 'is required'],
    ['', '', 'is not JSON; give one todo on each line, and no empty one'],
    ['[]', '', 'must be of type object'],
    ['null', '', 'must be of type object'],
    [{ title: 'x', titel: 'y' }, '/titel', 'is not known; did you mean title?'],
    ['{"title":"x","__proto__":{}}', '/__proto__', ''],
    [{ title: 7 }, '/title', 'must be of type string'],
    [{ title: 'x', id: `urn:uuid:${MISSING_ID}` }, '/id', 'is not accepted; give a UUID'],
    [{ title: 'x', id: MISSING_ID.replaceAll('-', '') }, '/id', 'is not accepted; give a UUID'],
    [
      { title: 'x', position: 'top' },
      '/position',
      'is not accepted; give the position of a todo that was exported'
    ],
    [{ title: 'x', due: { date: '2026-02-29' } }, '/due', ''],
    [{ title: 'x', createdAt: '2026-02-30T00:00:00.000Z' }, '/createdAt', instant],
    [{ title: 'x', createdAt: '1969-12-31T23:59:59.999Z' }, '/createdAt', instant],
    [{ title: 'x', updatedAt: '2016-12-31T23:59:60Z' }, '/updatedAt', instant],
    [{ title: 'x', updatedAt: '2026-01-01T00:00:00+01:00' }, '/updatedAt', instant],
    [{ title: 'x', deletedAt: 'now' }, '/deletedAt', `${instant}, or null`],
    [{ title: 'x', completedAt: AT }, '/completedAt', contradiction],
    [
      { title: 'x', done: true, completedAt: null },
      '/completedAt',
      'must not be null when done is true; or leave it out'
    ],
    [{ title: 'x', createdAt: AT, updatedAt: EARLIER }, '/updatedAt', early],
    [
      { title: 'x', createdAt: '9999-12-31T23:59:59.999Z', updatedAt: '1970-01-01T00:00:00Z' },
      '/updatedAt',
      early
    ],
    [{ title: 'x', createdAt: AT, done: true, completedAt: EARLIER }, '/completedAt', early],
    [{ title: 'x', createdAt: AT, deletedAt: EARLIER }, '/deletedAt', early],
    [{ title: 'x', createdAt: AT, completedAt: EARLIER }, '/completedAt', contradiction],
    [
      { title: 'x', description: 'x'.repeat(MAX_IMPORT_LINE) },
      '',
      `is longer than ${MAX_IMPORT_LINE} characters`
    ]
  ]
  const answer = await take([{ title: 'right' }, ...wrong.map(([line]) => line), { title: 'right' }])
  t.equal(answer.status, 400)
  t.strictSame(
    answer.body.errors.map(({ pointer }: { pointer: string }) => pointer),
    wrong.map(([, pointer], index) => `/${index + 1}${pointer}`)
  )
  for (const [index, [, , detail]] of wrong.entries())
    if (detail) t.equal(answer.body.errors[index].detail, detail)
  t.strictSame(answer.body, invalid(answer, ...answer.body.errors))

  const many = await take(Array.from({ length: 350 }, () => ({ title: '' })))
  t.match(many.body.errors, { length: 100, 99: { pointer: '/99/title' } })
  const longer = await take(Array.from({ length: MAX_IMPORT_LINES + 1 }, () => '{"title":"x"}'))
  t.strictSame(
    longer.body,
    invalid(longer, { pointer: `/${MAX_IMPORT_LINES}`, detail: 'is one line too many' })
  )
  t.strictSame(await give(), [])
  t.strictSame((await todos('GET', '')).body.items, [])
})

t.test('an import accepts only lines, and not too many', async t => {
  const { call, token } = await serveSignedIn(t)
  const send = (type: string, body: string) =>
    call('POST', '/api/todos/import', { token, body, headers: { 'content-type': type } })
  for (const type of ['application/json', 'text/plain', 'application/json-seq', 'application/jsonlx']) {
    const answer = await send(type, '{"title":"x"}')
    t.strictSame(answer.body, expectedProblem(answer, 415, 'unsupported_media_type'), type)
    t.equal(
      answer.headers.accept,
      'application/x-ndjson, application/ndjson, application/jsonl, application/x-jsonl, application/jsonlines, ' +
        'application/x-jsonlines, text/calendar'
    )
  }
  for (const type of ['x-ndjson', 'ndjson', 'jsonl', 'x-jsonl', 'jsonlines', 'x-jsonlines'])
    for (const rest of ['', '; charset=utf-8', ';charset="UTF-8"'])
      t.match(await send(`application/${type}${rest}`, '{"title":"x"}'), {
        status: 200,
        body: { created: 1 }
      })
  const line = `{"title":"x","description":"${'y'.repeat(16_000)}"}\n`
  const full = line.repeat(Math.floor(MAX_IMPORT / line.length))
  const large = await send('application/x-ndjson', full + ' '.repeat(MAX_IMPORT + 1 - full.length))
  t.strictSame(large.body, expectedProblem(large, 413, 'body_too_large'))
  t.match(await call('POST', '/api/todos/import', { headers: asLines }), { status: 401 })
})

t.test('bytes that are not UTF-8 are refused', async t => {
  const { app, token } = await serveSignedIn(t)
  const { statusCode, body } = await app.inject({
    method: 'POST',
    url: '/api/todos/import',
    headers: { authorization: `Bearer ${token}`, ...asLines },
    payload: Buffer.from('{"title":"\xff"}', 'latin1')
  })
  t.match({ statusCode, ...JSON.parse(body) }, { statusCode: 400, code: 'malformed_request' })
})

const text = (format: string, maxLength: number) =>
  createArbitrary({ type: 'string', format, maxLength }) as fc.Arbitrary<string>
const instant = fc
  .date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
  .map(date => date.toISOString())
const day = instant.map(time => time.slice(0, 10))
const todo = fc
  .record({
    id: fc.uuid(),
    title: text('line', 120).filter(title => title === title.trim()),
    description: fc.option(text('text', 500)),
    done: fc.boolean(),
    due: fc.option(
      fc.oneof(
        fc.record({ date: day }, { noNullPrototype: true }),
        fc.record(
          {
            dateTime: instant.map(time => time.slice(0, 19)),
            timeZone: fc.constantFrom('Europe/Berlin', 'Asia/Calcutta', 'Etc/GMT+12')
          },
          { noNullPrototype: true }
        )
      )
    ),
    priority: fc.constantFrom('none', 'low', 'medium', 'high'),
    tags: fc
      .uniqueArray(
        text('line', 20)
          .map(tag => tag.normalize('NFC'))
          .filter(tag => tag === tag.trim()),
        { maxLength: 20 }
      )
      .map(tags => tags.sort()),
    listId: fc.constant(null),
    parentId: fc.constant(null),
    childCount: fc.constant(0),
    openChildCount: fc.constant(0),
    repeat: fc.constant(null),
    position: fc.stringMatching(/^[0-9A-Za-y_][\w-]{21}([\w-]{16}){0,3}$/),
    createdAt: instant,
    updatedAt: instant,
    completedAt: instant,
    deletedAt: fc.option(instant)
  })
  .map(todo => ({ ...todo, completedAt: todo.done ? todo.completedAt : null }))
  .map(todo => {
    const times = [todo.createdAt, todo.updatedAt, todo.completedAt, todo.deletedAt].filter(
      time => time !== null
    )
    return { ...todo, createdAt: times.sort()[0] }
  })

t.test('random todos come back unchanged', async t => {
  const { signUp, take, give } = await transfers(t)
  const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(todo, { selector: ({ id }) => id, minLength: 1, maxLength: 30 }),
      async todos => {
        const [{ accessToken: one }, { accessToken: other }] = [await signUp(), await signUp()]
        t.strictSame((await take(todos, one)).body, { created: todos.length, existing: 0 })
        const exported = await give(one)
        t.strictSame(withoutTags(exported), todos.toSorted(byId))
        t.strictSame((await take(exported, other)).body, { created: todos.length, existing: 0 })
        t.strictSame(withoutTags(await give(other)), withoutTags(exported))
        t.strictSame((await take(exported, other)).body, { created: 0, existing: todos.length })
      }
    ),
    { numRuns: 15 }
  )
})

t.test(
  'random times of a line and changes of its todo keep the times in order, and the export valid',
  async t => {
    // The clock is put back by 400 days, and the token still let in.
    const YEARS = `${800 * 86_400}`
    const long = { ACCESS_TOKEN_TTL: `${700 * 86_400}`, REFRESH_TOKEN_TTL: YEARS, SESSION_TTL: YEARS }
    const { clock, todos, signUp, take, give } = await transfers(t, long)
    const instants = [undefined, EARLIER, AT, '2027-01-01T00:00:00.000Z']
    const lines: object[] = []
    for (const createdAt of instants)
      for (const updatedAt of instants)
        for (const completedAt of instants)
          for (const deletedAt of instants)
            for (const done of completedAt ? [true] : [true, false])
              if ([updatedAt, completedAt, deletedAt].every(time => !time || !createdAt || time >= createdAt))
                lines.push({ title: `${lines.length}`, done, createdAt, updatedAt, completedAt, deletedAt })
    t.strictSame((await take(lines)).body, { created: lines.length, existing: 0 })
    async function check() {
      const exported = await give()
      for (const { createdAt, updatedAt, completedAt, deletedAt } of exported)
        for (const time of [updatedAt, completedAt, deletedAt]) t.ok(time === null || time >= createdAt)
      const { accessToken } = await signUp()
      t.strictSame((await take(exported, accessToken)).body, { created: lines.length, existing: 0 })
      return exported
    }
    const before = await check()
    const byTitle = new Map<string, object>(before.map((todo: { title: string }) => [todo.title, todo]))
    for (const [index, line] of lines.entries())
      t.match(byTitle.get(`${index}`), JSON.parse(JSON.stringify(line)))

    clock.advance(-400 * 86_400)
    const batch = async (operation: object) =>
      t.equal((await todos('POST', '/batch', { operations: [operation] })).status, 200)
    const later = { updatedAfter: '1971-01-01T00:00:00Z' }
    await batch({ op: 'patch', where: later, changes: { done: false } })
    await batch({ op: 'patch', where: later, changes: { done: true } })
    await check()
    for (const { id, deletedAt } of before.slice(0, 60))
      await (deletedAt === null ? todos('PATCH', `/${id}`, { done: false }) : todos('POST', `/${id}/restore`))
    await batch({ op: 'delete', where: { updatedAfter: '1971-01-01T00:00:00Z', done: true } })
    await check()
  }
)

t.test('lines are accepted as programs write them', async t => {
  const { app, token, todos } = await transfers(t)
  const one = '{"title":"x"}'
  const texts: [string, number][] = [
    [`${one}`, 1],
    [`${one}\n\n`, 1],
    [`${one}\r\n`, 1],
    [`${one}\r\n${one}\r\n\r\n`, 2],
    [`${one}\n \t`, 1],
    [`\ufeff${one}\n`, 1],
    [`\ufeff${one}\r\n${one}\r\n\r\n`, 2],
    ['\ufeff', 0],
    ['\n', 0],
    ['\r\n', 0],
    ['', 0]
  ]
  for (const [text, created] of texts) {
    const answer = await todos('POST', '/import', text, asLines)
    t.strictSame(answer.body, { created, existing: 0 }, JSON.stringify(text))
  }
  const detail = 'is not JSON; give one todo on each line, and no empty one'
  const wrong: [string, string][] = [
    [`\n${one}`, '/0'],
    [`${one}\n\n${one}`, '/1'],
    [`${one}\n\n\n`, '/1'],
    [`${one}\n\ufeff${one}`, '/1'],
    [`\ufeff\ufeff${one}`, '/0']
  ]
  for (const [text, pointer] of wrong) {
    const answer = await todos('POST', '/import', text, asLines)
    t.strictSame(answer.body, invalid(answer, { pointer, detail }), JSON.stringify(text))
  }
  const { statusCode, body } = await app.inject({
    method: 'POST',
    url: '/api/todos',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    payload: `\ufeff${one}`
  })
  t.match({ statusCode, ...JSON.parse(body) }, { statusCode: 201, title: 'x' }, 'so is any body')
})

t.test('an import with an Idempotency-Key creates no todo twice and gets the first answer again', async t => {
  const { clock, todos, titles, call, signUp } = await transfers(t)
  const send = (text: string, key: string, token?: string) =>
    token
      ? call('POST', '/api/todos/import', {
          token,
          body: text,
          headers: { ...asLines, 'idempotency-key': key }
        })
      : todos('POST', '/import', text, { ...asLines, 'idempotency-key': key })
  const text = '{"title":"a","done":true}\n{"title":"a","done":true}\n{"title":"b"}\n'
  const first = await send(text, 'one')
  t.strictSame(first.body, { created: 3, existing: 0 })
  t.notOk(first.headers['idempotent-replayed'])
  const { items } = (await todos('GET')).body
  for (const { id } of items) t.match(id, /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
  await todos('DELETE', `/${items[2].id}?permanent=true`)

  const again = ['{"done":true,"title":"a"}', ' {"title":"\\u0061", "done":true}', '{"title":"b"}', '']
  for (const same of [text, `\ufeff${again.join('\r\n')}\r\n`]) {
    const answer = await send(same, 'one')
    t.strictSame(answer.body, first.body)
    t.equal(answer.headers['idempotent-replayed'], 'true')
  }
  t.strictSame(await titles(), ['a', 'a'])
  const other = await send('{"title":"c"}', 'one')
  t.strictSame(other.body, expectedProblem(other, 422, 'idempotency_key_reused'))
  const create = await todos('POST', '', { title: 'c' }, { 'idempotency-key': 'one' })
  t.strictSame(create.body, expectedProblem(create, 422, 'idempotency_key_reused'))
  t.equal((await send('{"title":7}', 'two')).status, 400)
  t.strictSame((await send(text, 'two')).body, { created: 3, existing: 0 }, 'what was refused left no trace')
  const { accessToken } = await signUp()
  t.strictSame(
    (await send(text, 'one', accessToken)).body,
    { created: 3, existing: 0 },
    'a key is its user’s'
  )
  t.strictSame((await send('', 'three')).body, { created: 0, existing: 0 })
  t.strictSame((await send('', 'three')).headers['idempotent-replayed'], 'true')
  clock.advance(60)
  const wrong = await send(text, 'é')
  t.equal(wrong.body.errors[0].parameter, 'idempotency-key')
})

t.test('of parallel imports with one key, one takes effect', async t => {
  const { todos, titles } = await transfers(t)
  const text = Array.from({ length: 250 }, (_, n) => `{"title":"${n}"}\n`).join('')
  const send = () => todos('POST', '/import', text, { ...asLines, 'idempotency-key': 'one' })
  const answers = await Promise.all(Array.from({ length: 5 }, send))
  const done = answers.filter(({ status }) => status === 200)
  t.ok(done.length > 0)
  for (const answer of answers)
    if (answer.status === 200) t.strictSame(answer.body, { created: 250, existing: 0 })
    else
      t.strictSame(
        answer.body,
        expectedProblem(answer, 409, 'idempotency_key_in_use', { action: 'retry-later' })
      )
  t.equal((await titles('?limit=200&count=true')).length, 200)
  t.equal((await todos('GET', '?limit=1&count=true')).body.total, 250)
})

t.test('of two instances with the same import, each todo is created once', async t => {
  const { app, user, todos } = await transfers(t)
  const text = Array.from({ length: 250 }, (_, n) => `{"title":"${n}"}\n`).join('')
  const both = await Promise.all(
    [app.store, { ...app.store, db: Object.create(app.store.db) }].map(store =>
      importTodos(store, { userId: user.id, text, key: 'one', check: () => [] })
    )
  )
  t.strictSame(both[0]?.answer, both[1]?.answer, 'both say what the first one to be done has said')
  t.strictSame(both.map(({ isReplay }) => isReplay).sort(), [false, true])
  t.equal((await todos('GET', '?limit=1&count=true')).body.total, 250)
})

t.test('repeating an import with a key completes it, even without ids in the lines', async t => {
  const { app, todos } = await transfers(t)
  const text = Array.from({ length: 450 }, (_, n) => `{"title":"${n}"}\n`).join('')
  const send = () => todos('POST', '/import', text, { ...asLines, 'idempotency-key': 'one' })
  crashAtWrite(app.store, 3)
  t.equal((await send()).status, 500)
  const half = (await todos('GET', '?limit=1&count=true')).body.total
  t.ok(half > 0 && half < 450)
  const mended = await send()
  t.strictSame(mended.body, { created: 450 - half, existing: half })
  t.strictSame((await send()).body, mended.body)
  const titles: string[] = []
  for (let next: string | null = ''; next !== null; ) {
    const { body } = await todos('GET', `?limit=200${next && `&cursor=${next}`}`)
    titles.push(...body.items.map(({ title }: { title: string }) => title))
    next = body.nextCursor
  }
  t.strictSame(
    titles,
    Array.from({ length: 450 }, (_, n) => `${n}`),
    'each once, in the order of the lines'
  )
})

t.test('repeating an import that broke off completes it', async t => {
  const { app, take, give } = await transfers(t)
  const lines = Array.from({ length: 450 }, (_, n) => ({
    id: `01a20996-fb6c-78b7-96ed-${String(n).padStart(12, '0')}`,
    title: `${n}`
  }))
  crashAtWrite(app.store, 3)
  t.equal((await take(lines)).status, 500)
  const half = await give()
  t.ok(half.length > 0 && half.length < 450)
  t.strictSame((await take(lines)).body, { created: 450 - half.length, existing: half.length })
  t.equal((await give()).length, 450)
})

t.test('other requests get answers during an import', async t => {
  const { call, token, take } = await transfers(t)
  const importing = take(
    Array.from({ length: 3000 }, (_, n) => ({ title: `todo ${n}`, description: 'word '.repeat(20) }))
  )
  let [answered, isOver] = [0, false]
  importing.then(() => (isOver = true))
  while (!isOver) {
    t.equal((await call('GET', '/health/live', { token })).status, 200)
    answered += 1
    await sleep(1)
  }
  t.match((await importing).body, { created: 3000 })
  t.ok(answered > 10, `${answered} answers`)
})
