import t from 'tap'
import { contentFields, defaults } from '../../../src/todos/content/content.ts'
import { expectedProblem } from '../../support/service.ts'
import { invalid, MISSING_ID, serveSignedIn } from '../signed-in.ts'

const full = {
  title: 'Buy milk',
  description: 'Oat, not cow',
  done: true,
  due: { date: '2026-03-29' },
  priority: 'high',
  tags: ['shopping']
}

t.test('[RFC 7396] null restores the default of each field that has one', async t => {
  const { todos } = await serveSignedIn(t)
  const fields = Object.entries(contentFields).filter(([, field]) => 'default' in field)
  t.strictSame(fields.map(([name]) => name).sort(), Object.keys(defaults).sort())
  for (const [name, { default: value }] of fields) {
    const { body: made } = await todos('POST', '', full)
    t.strictSame((await todos('PATCH', `/${made.id}`, { [name]: null })).body[name], value, name)
    const { body: other } = await todos('POST', '', full)
    const operations = [{ op: 'patch', id: other.id, changes: { [name]: null } }]
    t.strictSame((await todos('POST', '/batch', { operations })).body.results[0].todo[name], value)
    const { [name]: _, ...rest } = full as Record<string, unknown>
    const { body: replaced } = await todos('PUT', `/${other.id}`, rest)
    t.strictSame(replaced[name], value, 'as a PUT without it does')
  }
  const { body: made } = await todos('POST', '', full)
  t.match((await todos('PATCH', `/${made.id}`, { done: null })).body, { done: false, completedAt: null })
  const untitled = await todos('PATCH', `/${made.id}`, { title: null })
  t.strictSame(untitled.body, invalid(untitled, { pointer: '/title', detail: 'must be of type string' }))
  const operations = [{ op: 'patch', where: { done: true }, changes: { done: null } }]
  const { body: undone } = await todos('POST', '/batch', { operations })
  t.strictSame(undone.results, [{ count: 10 }])
  t.strictSame((await todos('GET', '?done=true')).body.items, [])
})

t.test('PUT accepts what GET answers, unchanged or with another content', async t => {
  for (const settings of [{}, { REQUIRE_IF_MATCH: 'on' }]) {
    const { clock, todos } = await serveSignedIn(t, settings)
    const { body: made } = await todos('POST', '', full)
    clock.advance(60)
    const same = await todos('PUT', `/${made.id}`, (await todos('GET', `/${made.id}`)).body)
    t.equal(same.status, 200)
    t.strictSame(same.body, made, 'nothing has changed')
    const changed = await todos('PUT', `/${made.id}`, { ...made, title: 'Buy oats', done: false })
    t.equal(changed.status, 200)
    const { etag, updatedAt } = changed.body
    t.strictSame(changed.body, {
      ...{ ...made, title: 'Buy oats', done: false, completedAt: null },
      ...{ etag, updatedAt }
    })
    t.equal(updatedAt, '2026-01-01T00:01:00.000Z')
    t.not(etag, made.etag)
    t.equal((await todos('PUT', `/${made.id}`, { ...changed.body, done: true })).status, 200)
  }
})

t.test('an etag in the body counts as If-Match', async t => {
  const { todos } = await serveSignedIn(t, { REQUIRE_IF_MATCH: 'on' })
  const { body: old } = await todos('POST', '', full)
  const path = `/${old.id}`
  const { body: current } = await todos('PUT', path, { ...old, title: 'changed meanwhile' })
  const put = (body: object, headers = {}) => todos('PUT', path, body, headers)
  const stale: [object, Record<string, string>?][] = [
    [old],
    [old, { 'if-match': current.etag }],
    [current, { 'if-match': old.etag }],
    [current, { 'if-none-match': current.etag }],
    [{ title: 'x', etag: old.etag }],
    [{ title: 'x', etag: '' }]
  ]
  for (const [body, headers] of stale) {
    const answer = await put(body, headers)
    t.strictSame(
      answer.body,
      expectedProblem(answer, 412, 'precondition_failed', { current }),
      JSON.stringify([body, headers])
    )
  }
  const { etag: _, ...untagged } = current
  const bare = await put(untagged)
  t.strictSame(bare.body, expectedProblem(bare, 428, 'precondition_required'))
  t.equal((await put(untagged, { 'if-match': current.etag })).status, 200)
  t.equal((await put(current, { 'if-match': current.etag })).status, 200)
  const missing = await todos('PUT', `/${MISSING_ID}`, { ...old, id: MISSING_ID })
  t.strictSame(
    missing.body,
    expectedProblem(missing, 404, 'todo_not_found'),
    'what is not there is told first'
  )
  const wrong = await put({ ...old, etag: null })
  t.strictSame(wrong.body, invalid(wrong, { pointer: '/etag', detail: 'must be of type string' }))

  const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => put({ ...current, title: `${n}` })))
  t.equal(answers.filter(({ status }) => status === 200).length, 1, 'of N parallel ones one takes effect')
})

t.test('PUT accepts the present values of server fields and refuses others by name', async t => {
  const { clock, todos } = await serveSignedIn(t)
  const { body: made } = await todos('POST', '', full)
  clock.advance(60)
  const { body: todo } = await todos('PATCH', `/${made.id}`, { title: 'Buy oats' })
  const { id, title, position } = todo
  const put = (members: object) => todos('PUT', `/${id}`, { ...full, title, ...members })
  const equal: object[] = [
    { createdAt: '2026-01-01T00:00:00Z' },
    { createdAt: '2026-01-01T05:30:00.000000+05:30', updatedAt: '2026-01-01T00:01:00Z' },
    { completedAt: '2026-01-01T00:00:00.000Z', deletedAt: null, position }
  ]
  for (const members of equal) t.strictSame((await put(members)).body, todo, JSON.stringify(members))

  const detail = 'is set by the server, and has another value now; leave it out, or give the present one'
  const other: object[] = [
    { position: 'VP7A_Bu-SoyfrBHX54HCG-' },
    { createdAt: '2026-01-01T00:00:00.001Z' },
    { updatedAt: '2026-01-01T00:00:00.000Z' },
    { completedAt: null },
    { completedAt: '2026-01-01T00:01:00.000Z' },
    { deletedAt: '2026-01-01T00:00:00.000Z' },
    { position: '', updatedAt: '2026-01-01T00:00:00.000Z', deletedAt: '2026-01-01T00:00:00.000Z' }
  ]
  for (const members of other) {
    const answer = await put(members)
    const errors = Object.keys(members).map(name => ({ pointer: `/${name}`, detail }))
    t.strictSame(answer.body, invalid(answer, ...errors), JSON.stringify(members))
  }
  const open = await todos('PATCH', `/${id}`, { done: false })
  const done = await put({ completedAt: '2026-01-01T00:00:00.000Z' })
  t.strictSame(done.body, invalid(done, { pointer: '/completedAt', detail }), 'it says what is so now')
  t.equal((await put({ completedAt: null })).status, 200)
  t.equal(open.body.completedAt, null)
  const noInstant = await put({ createdAt: 'yesterday', updatedAt: null })
  t.strictSame(
    noInstant.body,
    invalid(
      noInstant,
      {
        pointer: '/createdAt',
        detail: 'is not accepted; give an instant such as 2026-03-29T09:00:00.000Z'
      },
      { pointer: '/updatedAt', detail: 'must be of type string' }
    )
  )
})
