import t from 'tap'
import { expectedProblem } from '../../support/service.ts'
import { invalid, MISSING_ID, serveSignedIn } from '../signed-in.ts'

const upper = (text: string) => text.toUpperCase()
/** An id with digits of both cases. */
const mixed = (text: string) => text.replace(/[a-f]/, upper)

t.test('[RFC 9562] ids are compared without case, wherever they occur', async t => {
  for (const write of [upper, mixed]) {
    const { todos, make, titles } = await serveSignedIn(t)
    const [a, b, c] = await make('a', 'b', 'c')
    const [A, B, C] = [write(a.id), write(b.id), write(c.id)]
    t.strictSame((await todos('GET', `/${A}`)).body, a)
    t.strictSame((await todos('PATCH', `/${A}`, {})).body, a)
    t.strictSame((await todos('PUT', `/${A}`, { id: a.id, title: 'a' })).body, a)
    t.strictSame((await todos('PUT', `/${a.id}`, { id: A, title: 'a' })).body, a)
    t.equal((await todos('POST', `/${C}/move`, { before: A })).body.id, c.id)
    t.strictSame(await titles(), ['c', 'a', 'b'])
    await todos('POST', `/${C}/move`, { after: B })
    t.strictSame(await titles(), ['a', 'b', 'c'])
    t.equal((await todos('POST', `/${C}/move`, { after: C })).status, 200, 'after itself is where it is')
    const operations = [
      { op: 'patch', id: A, changes: { done: true } },
      { op: 'patch', ids: [A, b.id], changes: { tags: ['x'] } },
      { op: 'move', id: A, after: B },
      { op: 'move', id: C, before: A },
      { op: 'delete', ids: [B, C] }
    ]
    const batch = await todos('POST', '/batch', { operations })
    t.match(batch.body.results, [
      { todo: { id: a.id } },
      { todos: [{ id: a.id }, { id: b.id }] },
      { todo: { id: a.id } },
      { todo: { id: c.id } },
      { todos: [{ id: b.id }, { id: c.id }] }
    ])
    t.equal((await todos('POST', `/${B}/restore`)).body.id, b.id)
    t.equal((await todos('DELETE', `/${B}`)).body.id, b.id)
    t.equal((await todos('DELETE', `/${B}?permanent=true`)).body.id, b.id)
    t.strictSame(await titles(), ['a'])
  }
})

t.test('ids that differ only in case are one id', async t => {
  const { todos, make } = await serveSignedIn(t)
  const [{ id }] = await make('a')
  const twice = await todos('POST', '/batch', { operations: [{ op: 'delete', ids: [id, upper(id)] }] })
  t.strictSame(
    twice.body,
    invalid(twice, { pointer: '/operations/0/ids', detail: 'is not accepted; give 1 to 100 different ids' })
  )
  const other = await todos('PUT', `/${upper(id)}`, { id: MISSING_ID, title: 'x' })
  const detail = 'is not the id in the path; leave it out, or give that one'
  t.strictSame(other.body, invalid(other, { pointer: '/id', detail }))
  const missing = await todos('GET', `/${upper(MISSING_ID)}`)
  t.strictSame(missing.body, expectedProblem(missing, 404, 'todo_not_found'))

  const lines = { 'content-type': 'application/x-ndjson' }
  const text = [id, upper(id), MISSING_ID, upper(MISSING_ID)]
    .map(id => JSON.stringify({ id, title: 'x' }))
    .join('\n')
  t.strictSame((await todos('POST', '/import', text, lines)).body, { created: 1, existing: 3 })
  t.equal((await todos('GET', `/${MISSING_ID}`)).body.id, MISSING_ID)
})

t.test('other forms of a UUID are refused', async t => {
  const { call, token, todos, make } = await serveSignedIn(t)
  const [{ id }] = await make('a')
  const wrong = { parameter: 'id', detail: 'is not accepted; give a UUID' }
  for (const text of [
    `urn:uuid:${id}`,
    `{${id}}`,
    id.replaceAll('-', ''),
    `${id}%0A`,
    id.replace('-', 'g')
  ]) {
    const answer = await todos('GET', `/${text}`)
    t.strictSame(answer.body, invalid(answer, wrong), text)
    const session = await call('DELETE', `/api/auth/sessions/${text}`, { token })
    t.strictSame(session.body, invalid(session, wrong), text)
  }
})

t.test('a session ends by its id in either case', async t => {
  const { call, signUp } = await serveSignedIn(t)
  const { accessToken: token, user } = await signUp()
  await call('POST', '/api/auth/login', {
    body: { email: user.email, password: 'correct horse battery staple' }
  })
  const { items } = (await call('GET', '/api/auth/sessions', { token })).body
  const { id } = items.find(({ current }: { current: boolean }) => !current)
  t.equal((await call('DELETE', `/api/auth/sessions/${upper(id)}`, { token })).status, 204)
  t.equal((await call('GET', '/api/auth/sessions', { token })).body.items.length, 1)
})
