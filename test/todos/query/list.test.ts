import t from 'tap'
import { expectedProblem, serve } from '../../support/service.ts'
import { serveSignedIn } from '../signed-in.ts'

/** A service whose user has some todos, named by their numbers. */
async function withTodos(t: Parameters<typeof serve>[0], count: number) {
  const service = await serve(t)
  const { accessToken: token } = await service.signUp()
  const add = (title: string) => service.call('POST', '/api/todos', { token, body: { title } })
  for (let index = 0; index < count; index++) await add(`${index}`)
  const list = (query = '') => service.call('GET', `/api/todos${query}`, { token })
  const titles = async (query: string) => {
    const { items, nextCursor } = (await list(query)).body
    return [items.map(({ title }: { title: string }) => Number(title)), nextCursor] as const
  }
  return { ...service, token, add, list, titles }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

t.test('an empty list is an empty list', async t => {
  const { list } = await withTodos(t, 0)
  const answer = await list()
  t.match(answer, { status: 200, headers: { 'cache-control': 'private, no-cache' } })
  t.strictSame(answer.body, { items: [], nextCursor: null })
})

t.test('a page has 50 todos by default, and only nextCursor shows the end', async t => {
  const { titles } = await withTodos(t, 120)
  const [first, next] = await titles('')
  t.strictSame(first, numbers(0, 50), 'in the order of their making, though the clock stands still')
  const [second, more] = await titles(`?cursor=${next}`)
  t.strictSame(second, numbers(50, 100))
  t.strictSame(await titles(`?cursor=${more}`), [numbers(100, 120), null])
  t.strictSame(await titles(`?limit=20&cursor=${more}`), [numbers(100, 120), null], 'a full last page')
  t.strictSame(await titles('?limit=200'), [numbers(0, 120), null])
  t.strictSame((await titles('?limit=1'))[0], [0])
})

t.test('walking all pages while rows come and go yields every untouched row once', async t => {
  const { add, call, list, token } = await withTodos(t, 30)
  const seen: string[] = []
  const { items } = (await list('?limit=200')).body
  const gone = [items[3], items[10], items[29]]
  let cursor: string | null = ''
  for (let page = 0; cursor !== null; page++) {
    const { body } = await list(`?limit=7${cursor && `&cursor=${cursor}`}`)
    seen.push(...body.items.map(({ title }: { title: string }) => title))
    cursor = body.nextCursor
    if (gone[page]) await call('DELETE', `/api/todos/${gone[page].id}`, { token })
    if (page < 3) await add(`late ${page}`)
  }
  const untouched = numbers(0, 30)
    .filter(number => ![3, 10, 29].includes(number))
    .map(String)
  t.strictSame(
    seen.filter(title => untouched.includes(title)),
    untouched
  )
  t.equal(new Set(seen).size, seen.length, 'none twice')
})

t.test('a cursor carries no authority', async t => {
  const { call, signUp, list, token } = await withTodos(t, 3)
  const { nextCursor } = (await list('?limit=1')).body
  const { accessToken: other } = await signUp()
  const answer = await call('GET', `/api/todos?cursor=${nextCursor}`, { token: other })
  t.strictSame(answer.body, { items: [], nextCursor: null })
  t.equal((await call('GET', `/api/todos?cursor=${nextCursor}`, { token })).body.items.length, 2)
})

t.test('a wrong parameter is named', async t => {
  const { list } = await withTodos(t, 0)
  const limit = { parameter: 'limit', detail: 'is not accepted; give a whole number from 1 to 200' }
  const type = { parameter: 'limit', detail: 'must be of type integer' }
  const cursor = {
    parameter: 'cursor',
    detail: 'is not a cursor; give the nextCursor of the page before, or none'
  }
  const known =
    'limit, cursor, sort, done, tag, list, parent, priority, due, dueBefore, dueAfter, overdue, timeZone, repeat, updatedAfter, ' +
    'completedAfter, completedBefore, q, deleted, count'
  const cases: [string, object][] = [
    ['limit=0', limit],
    ['limit=201', limit],
    // JavaScript reads all of these as numbers.
    ['limit=0x10', limit],
    ['limit=0b11', limit],
    ['limit=1e1', limit],
    ['limit=1.0', limit],
    ['limit=%2B5', limit],
    ['limit=+5', limit],
    ['limit=5%20', limit],
    ['limit=05', limit],
    ['limit=-0', limit],
    ['limit=-5', limit],
    ['limit=99999999999999999999', limit],
    ['limit=%D9%A3', type],
    ['limit=1_0', type],
    ['limit=NaN', type],
    ['limit=null', type],
    ['limit=%20', type],
    ['limit=1.5', type],
    ['limit=ten', type],
    ['limit=', type],
    ['limit=1&limit=2', type],
    ['limit=1&limit=1', type],
    ['limit[]=1', { parameter: 'limit[]', detail: 'is not known; did you mean limit?' }],
    ['cursor=', cursor],
    ['cursor=01a20996-fb6c-78b7-96ed-227b58a269d2', cursor],
    ['cursr=x', { parameter: 'cursr', detail: 'is not known; did you mean cursor?' }],
    ['page=2', { parameter: 'page', detail: 'is not known; did you mean tag?' }],
    ['offset=2', { parameter: 'offset', detail: `is not known; known are ${known}` }]
  ]
  for (const [query, error] of cases) {
    const answer = await list(`?${query}`)
    t.strictSame(answer.body, expectedProblem(answer, 400, 'validation_failed', { errors: [error] }), query)
  }
})

/** Todos that differ in every filter and sort field, named by letters. */
const various = [
  { title: 'Éclair', priority: 'high', due: { date: '2026-03-29' }, tags: ['food', 'a "b" \\ 🦆'] },
  {
    title: 'bread',
    priority: 'low',
    due: { dateTime: '2026-03-29T09:00:00', timeZone: 'Asia/Tokyo' },
    tags: ['food']
  },
  { title: 'Apples and pears', done: true, due: { date: '2026-04-01' }, tags: ['food', 'fruit'] },
  { title: 'call Zoë', description: 'about the bread', priority: 'high', done: true },
  { title: '牛乳を買う', due: { dateTime: '2026-03-30T00:00:00', timeZone: 'America/New_York' } }
]
const [ECLAIR, BREAD, APPLES, CALL, MILK] = various.map(({ title }) => title)

async function withVarious(t: Parameters<typeof serve>[0]) {
  const service = await serveSignedIn(t)
  for (const body of various) {
    service.clock.advance(30)
    await service.todos('POST', '', body)
  }
  return service
}

t.test('a todo passes a filter if it meets all conditions', async t => {
  const { titles, todos } = await withVarious(t)
  const cases: [string, (string | undefined)[]][] = [
    ['done=true', [APPLES, CALL]],
    ['done=false', [ECLAIR, BREAD, MILK]],
    ['priority=high', [ECLAIR, CALL]],
    ['priority=none', [APPLES, MILK]],
    ['tag=food', [ECLAIR, BREAD, APPLES]],
    ['tag=food&tag=fruit', [APPLES]],
    ['tag=Food', []],
    [`tag=${encodeURIComponent('a "b" \\ 🦆')}`, [ECLAIR]],
    ['dueBefore=2026-03-29', []],
    ['dueBefore=2026-03-29T09:00:01', [BREAD]],
    ['dueBefore=2026-03-30', [ECLAIR, BREAD]],
    ['dueAfter=2026-03-29', [APPLES, MILK]],
    ['dueAfter=2026-03-29T09:00:00', [ECLAIR, APPLES, MILK]],
    ['dueAfter=2026-03-28&dueBefore=2026-03-31', [ECLAIR, BREAD, MILK]],
    ['updatedAfter=2026-01-01T00:01:30.000Z', [CALL, MILK]],
    ['updatedAfter=2026-01-01T01:01:30%2B01:00', [CALL, MILK]],
    ['due=none', [CALL]],
    ['due=none&done=false', []],
    ['due=none&dueBefore=9999-12-31', []],
    ['completedAfter=2026-01-01T00:01:29.999Z', [APPLES, CALL]],
    ['completedAfter=2026-01-01T00:01:30Z', [CALL]],
    ['completedAfter=2026-01-01T01:01:30%2B01:00', [CALL]],
    ['completedAfter=0001-01-01T00:00:00Z', [APPLES, CALL]],
    ['completedBefore=2026-01-01T00:02:00.000Z', [APPLES]],
    ['completedBefore=2026-01-01T00:02:00.001Z', [APPLES, CALL]],
    ['completedBefore=2026-01-01T00:01:30-00:01', [APPLES, CALL]],
    ['completedAfter=2026-01-01T00:01:30Z&completedBefore=2026-01-01T00:02:00Z', []],
    ['completedBefore=9999-12-31T23:59:59.999Z&done=false', []],
    ['q=bread', [BREAD, CALL]],
    ['q=BREAD+zoe', [CALL]],
    ['q=eclair', [ECLAIR]],
    [`q=${encodeURIComponent('牛乳')}`, [MILK]],
    ['q=app+pea', [APPLES]],
    ['q=read', []],
    ['q=bread&done=true&priority=high', [CALL]],
    ['q=apples&tag=fruit&done=false', []]
  ]
  for (const [query, expected] of cases) {
    t.strictSame(await titles(`?${query}`), expected, query)
    const { body } = await todos('GET', `?${query}&count=true&limit=1`)
    t.equal(body.total, expected.length, `${query}: the total`)
    t.equal(body.items.length, Math.min(1, expected.length))
  }
})

t.test('a list can be sorted by each field, in both directions', async t => {
  const { titles, todos } = await withVarious(t)
  const [{ id }] = (await todos('GET')).body.items
  await todos('PATCH', `/${id}`, { description: 'later' })
  await todos('POST', `/${id}/move`, { to: 'bottom' })
  const orders: [string, (string | undefined)[]][] = [
    ['position', [BREAD, APPLES, CALL, MILK, ECLAIR]],
    ['createdAt', [ECLAIR, BREAD, APPLES, CALL, MILK]],
    ['updatedAt', [BREAD, APPLES, CALL, ECLAIR, MILK]],
    ['due', [BREAD, ECLAIR, MILK, APPLES, CALL]],
    ['priority', [APPLES, MILK, BREAD, ECLAIR, CALL]],
    ['title', [APPLES, BREAD, CALL, ECLAIR, MILK]]
  ]
  for (const [sort, expected] of orders)
    for (const [query, order] of [
      [sort, expected],
      [`-${sort}`, expected.toReversed()]
    ] as const) {
      t.strictSame(await titles(`?sort=${query}`), order, query)
      const walked = []
      let next: string | null = `/api/todos?sort=${query}&limit=2`
      while (next) {
        const { body, headers } = await todos('GET', next.slice('/api/todos'.length))
        walked.push(...body.items.map(({ title }: { title: string }) => title))
        next = /^<([^>]+)>; rel="next"$/.exec(headers.link ?? '')?.[1] ?? null
        t.equal(next === null, body.nextCursor === null, 'Link says what nextCursor says')
      }
      t.strictSame(walked, order, `${query}, a page at a time`)
    }
})

t.test('a cursor is valid only for its own list', async t => {
  const { todos } = await withVarious(t)
  const { nextCursor } = (await todos('GET', '?sort=title&done=false&tag=food&limit=1')).body
  const same = await todos('GET', `?limit=2&cursor=${nextCursor}&tag=food&done=false&sort=title`)
  t.strictSame(
    same.body.items.map(({ title }: { title: string }) => title),
    [ECLAIR]
  )
  const detail = 'is of a list with another filter or order; begin this one without'
  for (const query of [
    '',
    'sort=title',
    'sort=-title&done=false&tag=food',
    'sort=title&done=true&tag=food'
  ]) {
    const answer = await todos('GET', `?${query}&cursor=${nextCursor}`)
    t.strictSame(
      answer.body,
      expectedProblem(answer, 400, 'validation_failed', { errors: [{ parameter: 'cursor', detail }] })
    )
  }
})

t.test('a wrong filter is named', async t => {
  const { todos } = await serveSignedIn(t)
  const bound = 'is not accepted; give a day such as 2026-03-29, or a local time such as 2026-03-29T09:00:00'
  const none =
    'is not accepted; give none, for todos without a due date (dueBefore and dueAfter select by date)'
  const instant = 'is not accepted; give an instant such as 2026-03-29T09:00:00.000Z'
  const cases: [string, string, string][] = [
    ['done=yes', 'done', 'must be of type boolean'],
    ['done=1', 'done', 'must be of type boolean'],
    ['done=TRUE', 'done', 'must be of type boolean'],
    ['done=', 'done', 'must be of type boolean'],
    ['deleted=null', 'deleted', 'must be of type boolean'],
    ['count=toString', 'count', 'must be of type boolean'],
    ['done=true&done=true', 'done', 'must be of type boolean'],
    ['priority=urgent', 'priority', 'is not accepted; give none, low, medium or high'],
    ['dueBefore=2026-02-30', 'dueBefore', bound],
    ['dueAfter=2026-03-29T09:00:00Z', 'dueAfter', bound],
    ['due=None', 'due', none],
    ['due=2026-03-29', 'due', none],
    ['due=', 'due', none],
    ...['updatedAfter=yesterday', 'completedAfter=2026-01-01', 'completedBefore=2026-01-01T00:00:00'].map(
      (query): [string, string, string] => [query, query.replace(/=.*/, ''), instant]
    )
  ]
  for (const [query, parameter, detail] of cases) {
    const answer = await todos('GET', `?${query}`)
    t.strictSame(
      answer.body,
      expectedProblem(answer, 400, 'validation_failed', { errors: [{ parameter, detail }] }),
      query
    )
  }
})
