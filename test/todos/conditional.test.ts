import t from 'tap'
import { expectedProblem } from '../support/service.ts'
import { MISSING_ID, serveSignedIn } from './signed-in.ts'

const changes: [string, string, unknown?][] = [
  ['PATCH', '', { done: true }],
  ['PUT', '', { title: 'b' }],
  ['POST', '/move', { to: 'bottom' }],
  ['DELETE', ''],
  ['POST', '/restore'],
  ['DELETE', '?permanent=true']
]

t.test('[RFC 9110] a read with a current ETag answers 304', async t => {
  const { todos, make } = await serveSignedIn(t)
  const [todo] = await make('a')
  const path = `/${todo.id}`
  const whole = await todos('GET', path)
  t.equal(whole.headers.etag, todo.etag)
  for (const known of [todo.etag, `W/${todo.etag}`, `"x", ${todo.etag}`, '*']) {
    const answer = await todos('GET', path, undefined, { 'if-none-match': known })
    t.match(answer, {
      status: 304,
      body: '',
      headers: { etag: todo.etag, 'cache-control': 'private, no-cache' }
    })
    t.notOk(answer.headers['content-type'] || answer.headers['content-length'])
  }
  for (const known of ['"x"', todo.etag.slice(1, -1), ''])
    t.equal((await todos('GET', path, undefined, { 'if-none-match': known })).status, 200, known)
  t.equal((await todos('HEAD', path, undefined, { 'if-none-match': todo.etag })).status, 304)
  const missing = await todos('GET', `/${MISSING_ID}`, undefined, { 'if-none-match': '*' })
  t.strictSame(missing.body, expectedProblem(missing, 404, 'todo_not_found'))
  t.notOk(missing.headers.etag)
})

t.test('what is no list answers 400, whatever the client has', async t => {
  const { todos } = await serveSignedIn(t)
  t.equal((await todos('GET', '', undefined, { 'if-none-match': '*' })).status, 304)
  for (const known of [' * ', '"x"', '']) {
    const answer = await todos('GET', '?cursor=x', undefined, { 'if-none-match': known })
    t.match(answer, { status: 400, body: { errors: [{ parameter: 'cursor' }] } }, known)
    t.notOk(answer.headers.etag)
  }
})

t.test('a list answers 304 while nothing in it has changed', async t => {
  const { call, signUp, todos, make } = await serveSignedIn(t)
  const [todo] = await make('a', 'b')
  const { accessToken: other } = await signUp()
  const first = await todos('GET')
  const etag = String(first.headers.etag)
  t.match(etag, /^"[\w-]+"$/)
  await call('POST', '/api/todos', { token: other, body: { title: 'somebody else’s' } })
  const again = await todos('GET', '', undefined, { 'if-none-match': etag })
  t.match(again, { status: 304, body: '', headers: { etag } })

  let known = etag
  for (const [method, rest, body] of changes) {
    await todos(method, `/${todo.id}${rest}`, body)
    const { status, headers } = await todos('GET', '', undefined, { 'if-none-match': known })
    t.equal(status, 200, `${method} ${rest}`)
    t.not(headers.etag, known)
    known = String(headers.etag)
  }
})

t.test('a change takes effect only on the state that If-Match names', async t => {
  const { clock, todos, make } = await serveSignedIn(t)
  const [{ id }] = await make('a', 'z')
  for (const [method, rest, body] of changes) {
    const path = `/${id}${rest}`
    const isThere = rest !== '/restore'
    const { body: present } = isThere ? await todos('GET', `/${id}`) : await todos('GET', '?deleted=true')
    const todo = isThere ? present : present.items[0]
    if (rest === '?permanent=true') t.equal(todo.deletedAt, null)
    for (const wrong of ['"x"', `W/${todo.etag}`, todo.id, '"x", "y"', '']) {
      const refused = await todos(method, path, body, { 'if-match': wrong })
      t.strictSame(
        refused.body,
        expectedProblem(refused, 412, 'precondition_failed', { current: todo }),
        `${method} ${rest}`
      )
      t.match(refused.headers, { etag: todo.etag })
    }
    const known = await todos(method, path, body, { 'if-none-match': todo.etag })
    t.equal(known.status, 412)

    clock.advance(1)
    const done = await todos(method, path, body, { 'if-match': `"x", ${todo.etag}` })
    t.equal(done.status, 200, `${method} ${rest}`)
    const late = await todos(method, path, body, { 'if-match': todo.etag })
    const isGone = method === 'DELETE'
    t.equal(late.status, isGone ? 404 : 412, 'the state is another one now')
  }
})

t.test('If-Match: * accepts any state, after authentication, validation and 404', async t => {
  const { call, todos, make } = await serveSignedIn(t)
  const [{ id }] = await make('a')
  const any = { 'if-match': '*' }
  t.equal((await todos('PATCH', `/${id}`, { done: true }, any)).status, 200)
  const wrong = { 'if-match': '"x"' }
  t.equal((await call('PATCH', `/api/todos/${id}`, { body: {}, headers: wrong })).status, 401)
  t.equal((await todos('PATCH', `/${id}`, { done: 1 }, wrong)).status, 400)
  t.equal((await todos('PATCH', `/${MISSING_ID}`, { done: true }, wrong)).status, 404)
  t.equal((await todos('PATCH', `/${MISSING_ID}`, { done: true }, any)).status, 404)
})

t.test('of parallel writes with one ETag, one takes effect', async t => {
  const { todos, make } = await serveSignedIn(t)
  const [{ id, etag }] = await make('a')
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) => todos('PATCH', `/${id}`, { title: `${n}` }, { 'if-match': etag }))
  )
  const [winner, ...others] = answers.filter(({ status }) => status === 200)
  t.strictSame(others, [])
  t.equal(answers.filter(({ status }) => status === 412).length, 9)
  t.strictSame((await todos('GET', `/${id}`)).body, winner?.body)
})

t.test('two changes within a millisecond make two ETags', async t => {
  const { todos, make } = await serveSignedIn(t)
  const [{ id, etag }] = await make('a')
  const etags = new Set([etag])
  for (const title of ['b', 'a', 'b', 'a']) etags.add((await todos('PATCH', `/${id}`, { title })).body.etag)
  t.equal(etags.size, 5, 'with a clock that stands still')
})

t.test('REQUIRE_IF_MATCH refuses a change without If-Match', async t => {
  const { todos, make } = await serveSignedIn(t, { REQUIRE_IF_MATCH: 'on' })
  const [{ id, etag }] = await make('a')
  for (const [method, rest, body] of changes) {
    const answer = await todos(method, `/${id}${rest}`, body)
    t.strictSame(answer.body, expectedProblem(answer, 428, 'precondition_required'), `${method} ${rest}`)
    const missing = await todos(method, `/${MISSING_ID}${rest}`, body)
    t.equal(missing.status, 404, 'what is not there is told first')
  }
  t.equal((await todos('PATCH', `/${id}`, { done: true }, { 'if-match': etag })).status, 200)
})
