import t from 'tap'
import { problem, serve } from '../service.ts'

/** A service whose one user has made some todos, named by their number. */
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

t.test('a page holds 50 unless told otherwise, and only nextCursor tells the end', async t => {
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

t.test('wrong parameters are named', async t => {
  const { list } = await withTodos(t, 0)
  const limit = { parameter: 'limit', detail: 'is not accepted; give a whole number from 1 to 200' }
  const type = { parameter: 'limit', detail: 'must be of type integer' }
  const cursor = {
    parameter: 'cursor',
    detail: 'is not a cursor; give the nextCursor of the page before, or none'
  }
  const cases: [string, object][] = [
    ['limit=0', limit],
    ['limit=201', limit],
    ['limit=1.5', type],
    ['limit=ten', type],
    ['limit=', type],
    ['limit=1&limit=2', type],
    ['cursor=', cursor],
    ['cursor=01a20996-fb6c-78b7-96ed-227b58a269d2', cursor],
    ['cursr=x', { parameter: 'cursr', detail: 'is not known; did you mean cursor?' }],
    ['page=2', { parameter: 'page', detail: 'is not known; known are limit, cursor' }]
  ]
  for (const [query, error] of cases) {
    const answer = await list(`?${query}`)
    t.strictSame(answer.body, problem(answer, 400, 'validation_failed', { errors: [error] }), query)
  }
})
