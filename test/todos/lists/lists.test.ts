import t from 'tap'
import { expectedProblem } from '../../support/service.ts'
import { invalid, MISSING_ID } from '../signed-in.ts'
import { serveLists } from './lists.ts'

t.test('a list is made, read, changed, deleted and restored', async t => {
  const { lists, clock } = await serveLists(t)
  const created = await lists('POST', '', { name: '  Shopping ', color: '#1E90FF' })
  const { id, position, etag } = created.body
  const list = {
    id,
    name: 'Shopping',
    color: '#1e90ff',
    archived: false,
    archivedAt: null,
    position,
    openCount: 0,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    deletedAt: null,
    etag
  }
  t.strictSame([created.status, created.body], [201, list])
  t.match(created.headers, { location: `/api/lists/${id}`, etag })
  const read = await lists('GET', `/${id.toUpperCase()}`)
  t.strictSame([read.status, read.body, read.headers.etag], [200, list, etag])
  t.strictSame((await lists('GET')).body, { items: [list], nextCursor: null })

  clock.advance(60)
  const patched = await lists('PATCH', `/${id}`, { name: 'Groceries', color: null })
  const changed = { ...list, name: 'Groceries', color: null, updatedAt: '2026-01-01T00:01:00.000Z' }
  t.strictSame(patched.body, { ...changed, etag: patched.body.etag })
  t.not(patched.body.etag, etag)
  t.strictSame((await lists('PATCH', `/${id}`, {})).body, patched.body, 'nothing changes')
  t.strictSame((await lists('PATCH', `/${id}`, { name: ' Groceries' })).body, patched.body)

  const removed = await lists('DELETE', `/${id}`)
  t.strictSame(
    [removed.status, removed.body],
    [200, { ...changed, deletedAt: '2026-01-01T00:01:00.000Z', etag: removed.body.etag }]
  )
  t.strictSame((await lists('GET')).body.items, [])
  t.strictSame((await lists('GET', '?deleted=true')).body.items, [removed.body])
  const missing = await lists('GET', `/${id}`)
  t.strictSame(missing.body, expectedProblem(missing, 404, 'list_not_found'))
  const restored = await lists('POST', `/${id}/restore`, undefined, { 'if-match': removed.body.etag })
  t.strictSame(restored.body, { ...changed, etag: restored.body.etag })
  t.strictSame((await lists('GET')).body.items, [restored.body])
  t.strictSame((await lists('POST', `/${id}/restore`)).body, restored.body, 'is there already')

  const purged = await lists('DELETE', `/${id}?permanent=true`)
  t.strictSame([purged.status, purged.body.id], [200, id])
  t.strictSame((await lists('GET', '?deleted=true')).body.items, [])
  t.equal((await lists('POST', `/${id}/restore`)).status, 404)
  t.equal((await lists('POST', '', { name: 'Again', id })).status, 201, 'the id is free')
})

t.test('a missing list answers 404 to everything', async t => {
  const { lists, signUp, call } = await serveLists(t)
  const { body: own } = await lists('POST', '', { name: 'Mine' })
  const { accessToken } = await signUp()
  const requests: [string, string, object?][] = [
    ['GET', ''],
    ['PATCH', '', { name: 'x' }],
    ['DELETE', ''],
    ['DELETE', '?permanent=true'],
    ['POST', '/restore'],
    ['POST', '/move', { to: 'top' }]
  ]
  for (const [method, rest, body] of requests) {
    const [foreign, missing] = await Promise.all(
      [own.id, MISSING_ID].map(id =>
        call(method, `/api/lists/${id}${rest}`, {
          token: accessToken,
          body,
          headers: { 'x-request-id': 'same' }
        })
      )
    )
    t.strictSame(missing?.body, expectedProblem(missing as never, 404, 'list_not_found'), `${method} ${rest}`)
    t.strictSame({ ...foreign?.body, instance: '' }, { ...missing?.body, instance: '' })
  }
  t.equal((await lists('GET', `/${own.id}`)).status, 200)
})

t.test('what is wrong is named', async t => {
  const { lists, makeList } = await serveLists(t)
  const name = 'is not accepted; give a text of 1 to 200 characters, not counting white space around it'
  const color = 'is not accepted; give a color such as #1e90ff, or null for none'
  const cases: [object, ...object[]][] = [
    [{}, { pointer: '/name', detail: 'is required' }],
    [{ name: '' }, { pointer: '/name', detail: name }],
    [{ name: '   ' }, { pointer: '/name', detail: name }],
    [{ name: 'x'.repeat(201) }, { pointer: '/name', detail: name }],
    [{ name: null }, { pointer: '/name', detail: 'must be of type string' }],
    [
      { name: 'x', color: 'red' },
      { pointer: '/color', detail: color }
    ],
    [
      { name: 'x', color: '#12345' },
      { pointer: '/color', detail: color }
    ],
    [
      { name: 'x', color: '#1234567' },
      { pointer: '/color', detail: color }
    ],
    [
      { name: 'x', color: 3 },
      { pointer: '/color', detail: 'must be of type string or null' }
    ],
    [
      { name: 'x', archived: 'yes' },
      { pointer: '/archived', detail: 'must be of type boolean' }
    ],
    [
      { name: 'x', colour: '#123456' },
      { pointer: '/colour', detail: 'is not known; did you mean color?' }
    ],
    [
      { name: 'x', openCount: 0 },
      { pointer: '/openCount', detail: 'is not known; known are id, name, color, archived' }
    ]
  ]
  for (const [body, ...errors] of cases) {
    const answer = await lists('POST', '', body)
    t.strictSame(answer.body, invalid(answer, ...errors), JSON.stringify(body))
  }
  t.equal((await lists('POST', '', { name: ` ${'x'.repeat(200)} ` })).body.name, 'x'.repeat(200))
  const { id } = await makeList('a')
  const answer = await lists('PATCH', `/${id}`, { name: null, colr: null })
  t.strictSame(
    answer.body,
    invalid(
      answer,
      { pointer: '/colr', detail: 'is not known; did you mean color?' },
      { pointer: '/name', detail: 'must be of type string' }
    )
  )
})
