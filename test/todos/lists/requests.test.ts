import t from 'tap'
import { expectedProblem } from '../../support/service.ts'
import { invalid, MISSING_ID } from '../signed-in.ts'
import { serveLists } from './lists.ts'

const ID = '0198f3a1-7c2e-7d4b-9a51-3f0e6c8b2d19'

t.test('lists come a page at a time, in their order', async t => {
  const { lists, makeList, names } = await serveLists(t)
  for (const name of ['a', 'b', 'c']) await makeList(name)
  await makeList('d', { archived: true })
  const { items } = (await lists('GET')).body
  const [a, , c, d] = items
  await lists('DELETE', `/${c.id}`)
  t.strictSame(await names(), ['a', 'b', 'd'])
  t.strictSame(await names('?archived=false'), ['a', 'b'])
  t.strictSame(await names('?archived=true'), ['d'])
  t.strictSame(await names('?deleted=true'), ['c'])
  t.strictSame(await names('?deleted=true&archived=true'), [])

  const first = await lists('GET', '?limit=2')
  const { nextCursor } = first.body
  t.equal(first.headers.link, `</api/lists?limit=2&cursor=${nextCursor}>; rel="next"`)
  const second = await lists('GET', `?limit=2&cursor=${nextCursor}`)
  t.strictSame([second.body.items, second.body.nextCursor], [[d], null])
  t.notOk(second.headers.link)

  const altered = Buffer.from(JSON.stringify([a.position, a.id, 1])).toString('base64url')
  for (const cursor of ['x', '', altered, `${nextCursor}=`]) {
    const answer = await lists('GET', `?cursor=${cursor}`)
    const detail = 'is not a cursor; give the nextCursor of the page before, or none'
    t.strictSame(answer.body, invalid(answer, { parameter: 'cursor', detail }), cursor)
  }
  const answer = await lists('GET', '?archived=maybe&sort=name')
  t.match(answer.body.errors, [
    { parameter: 'sort', detail: /^is not known/ },
    { parameter: 'archived', detail: 'must be of type boolean' }
  ])
})

t.test('a page answers 304 while nothing has changed, todos of lists included', async t => {
  const { lists, makeList, fill, todos } = await serveLists(t)
  const { id } = await makeList('a')
  const etagOf = async (path: string) => String((await lists('GET', path)).headers.etag)
  for (const path of ['', `/${id}`]) {
    const known = await etagOf(path)
    t.equal((await lists('GET', path, undefined, { 'if-none-match': known })).status, 304)
    const [todo] = await fill(id, 'x')
    const counted = await lists('GET', path, undefined, { 'if-none-match': known })
    t.equal(counted.status, 200)
    const { items: [list] = [counted.body] } = counted.body
    t.equal(list.openCount, 1)
    await todos('PATCH', `/${todo.id}`, { done: true })
    t.not(await etagOf(path), counted.headers.etag)
  }
})

t.test('a list moves among the others', async t => {
  const { lists, makeList, names, clock } = await serveLists(t)
  for (const name of ['a', 'b', 'c', 'd']) await makeList(name)
  const [a, b, c, d] = (await lists('GET')).body.items
  clock.advance(60)
  const moves: [object, string[]][] = [
    [{ to: 'top' }, ['c', 'a', 'b', 'd']],
    [{ to: 'bottom' }, ['a', 'b', 'd', 'c']],
    [{ after: a.id }, ['a', 'c', 'b', 'd']],
    [{ before: d.id.toUpperCase() }, ['a', 'b', 'c', 'd']],
    [{ before: a.id }, ['c', 'a', 'b', 'd']]
  ]
  for (const [target, expected] of moves) {
    const moved = await lists('POST', `/${c.id}/move`, target)
    t.strictSame(await names(), expected)
    t.match(moved, { status: 200, body: { id: c.id, updatedAt: c.updatedAt } })
    t.equal(moved.headers.etag, moved.body.etag)
    const again = await lists('POST', `/${c.id}/move`, target)
    t.strictSame(again.body, moved.body, 'is there already')
  }
  t.strictSame((await lists('POST', `/${c.id}/move`, { after: c.id })).status, 200)
  await lists('DELETE', `/${b.id}`)
  const faults: [object, object][] = [
    [
      { after: MISSING_ID },
      { pointer: '/after', detail: 'names no list; GET /api/lists tells those that there are' }
    ],
    [
      { before: b.id },
      { pointer: '/before', detail: 'names no list; GET /api/lists tells those that there are' }
    ],
    [
      { after: a.id, to: 'top' },
      { pointer: '', detail: 'has several of after, before and to; give one' }
    ],
    [
      {},
      {
        pointer: '',
        detail:
          'is not accepted; give { after } or { before } with the id of another list, or { to } with top or bottom'
      }
    ]
  ]
  for (const [target, error] of faults) {
    const answer = await lists('POST', `/${c.id}/move`, target)
    t.strictSame(answer.body, invalid(answer, error))
  }
  await lists('POST', `/${b.id}/restore`)
  t.strictSame(await names(), ['c', 'a', 'b', 'd'], 'back in its place')
})

t.test('a change is refused when the list is in another state', async t => {
  const { lists, makeList } = await serveLists(t, { REQUIRE_IF_MATCH: 'on' })
  const list = await makeList('a')
  const changes: [string, string, object?][] = [
    ['PATCH', '', { name: 'b' }],
    ['POST', '/move', { to: 'top' }],
    ['DELETE', ''],
    ['POST', '/restore'],
    ['DELETE', '?permanent=true']
  ]
  let { etag } = list
  for (const [method, rest, body] of changes) {
    const required = await lists(method, `/${list.id}${rest}`, body)
    t.strictSame(required.body, expectedProblem(required, 428, 'precondition_required'), method)
    const failed = await lists(method, `/${list.id}${rest}`, body, { 'if-match': '"x"' })
    const { current } = failed.body
    t.strictSame(failed.body, expectedProblem(failed, 412, 'precondition_failed', { current }))
    t.match(current, { id: list.id, openCount: 0, createdAt: list.createdAt, etag })
    t.equal(failed.headers.etag, etag)
    const done = await lists(method, `/${list.id}${rest}`, body, { 'if-match': etag })
    t.equal(done.status, 200)
    etag = done.body.etag
  }
})

t.test('a list is made once for a key, and has the id that the client gives', async t => {
  const { lists, names } = await serveLists(t)
  const headers = { 'idempotency-key': 'k' }
  const body = { id: ID.toUpperCase(), name: 'a' }
  const first = await lists('POST', '', body, headers)
  t.match(first, { status: 201, body: { id: ID } })
  await lists('PATCH', `/${ID}`, { name: 'b' })
  const again = await lists('POST', '', { name: 'a', id: ID }, headers)
  t.match(again, { status: 201, headers: { 'idempotent-replayed': 'true' }, body: { id: ID, name: 'b' } })
  t.strictSame(await names(), ['b'])
  const other = await lists('POST', '', { name: 'other' }, headers)
  t.strictSame(other.body, expectedProblem(other, 422, 'idempotency_key_reused'))

  const taken = await lists('POST', '', body)
  const errors = [
    { pointer: '/id', detail: 'is the id of a list that is there already; leave it out, or give another' }
  ]
  t.strictSame(taken.body, expectedProblem(taken, 409, 'list_exists', { errors }))
  await lists('DELETE', `/${ID}`)
  t.equal((await lists('POST', '', body)).status, 409, 'also of one in the trash')
  await lists('DELETE', `/${ID}?permanent=true`)
  const gone = await lists('POST', '', body, headers)
  t.strictSame(gone.body, expectedProblem(gone, 404, 'list_not_found'))
  t.match(gone.body.detail, /was deleted for good since/)
})

t.test('there are 500 lists at most, however many are made at a time', async t => {
  const { lists, app, user, call } = await serveLists(t)
  const { createLists } = await import('../../../src/todos/lists/lists.ts')
  const own = createLists(app.store, user.id)
  for (let count = 0; count < 495; count += 1) await own.create({ name: `${count}` })
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => lists('POST', '', { name: `more ${index}` }))
  )
  t.strictSame(
    answers.map(({ status }) => status).sort(),
    [201, 201, 201, 201, 201, 403, 403, 403, 403, 403, 403, 403]
  )
  const refused = answers.find(({ status }) => status === 403) as (typeof answers)[number]
  t.strictSame(refused.body, expectedProblem(refused, 403, 'too_many_lists'))
  const [{ id }] = (await lists('GET')).body.items
  await lists('DELETE', `/${id}`)
  t.equal((await lists('POST', '', { name: 'x' })).status, 403, 'those in the trash count')
  await lists('DELETE', `/${id}?permanent=true`)
  t.equal((await lists('POST', '', { name: 'x' })).status, 201)
  t.match((await call('GET', '/api/limits')).body, {
    lists: 500,
    listNameLength: 200,
    subtaskLevels: 4,
    subtasks: 500
  })
})

t.test('parallel changes of a list are all done, and parallel changes of one state once', async t => {
  const { lists, makeList, fill } = await serveLists(t)
  const { id, etag } = await makeList('a')
  const colors = ['#000001', '#000002', '#000003', '#000004']
  const answers = await Promise.all([
    ...colors.map(color => lists('PATCH', `/${id}`, { color })),
    fill(id, 'x', 'y'),
    lists('POST', `/${id}/move`, { to: 'top' })
  ])
  t.equal(answers.length, 6)
  t.match((await lists('GET', `/${id}`)).body, { openCount: 2, color: /^#00000/ })
  const { etag: latest } = (await lists('GET', `/${id}`)).body
  t.not(latest, etag)
  const statuses = await Promise.all(
    colors.map(async () => (await lists('PATCH', `/${id}`, { name: 'b' }, { 'if-match': latest })).status)
  )
  t.strictSame(statuses.sort(), [200, 412, 412, 412])
})
