import t from 'tap'
import { expectedProblem } from '../../support/service.ts'
import { MISSING_ID } from '../../todos/signed-in.ts'
import { serveOwner } from './token-service.ts'

interface Operation {
  security?: Record<string, string[]>[]
  requestBody?: { content: Record<string, { example: unknown }> }
}

/** The scope that an operation of the API must ask for; null for one that is about the account. */
function expectedScope(method: string, path: string): string | null {
  if (path.startsWith('/api/auth/')) return null
  return method === 'GET' ? 'todos:read' : 'todos:write'
}

/** Operations of the API, with the scope that their documentation asks for. */
async function serveOperations(t: Parameters<typeof serveOwner>[0]) {
  const service = await serveOwner(t)
  const { body } = await service.call('GET', '/openapi.json')
  const operations = Object.entries<Record<string, Operation>>(body.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { security = [], requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      security,
      content: Object.entries(requestBody?.content ?? {})[0]
    }))
  )
  const tokens = {
    'todos:read': (await service.create({ scopes: ['todos:read'] })).token,
    'todos:write': (await service.create({ scopes: ['todos:write'] })).token
  }
  return { ...service, operations, tokens }
}

t.test('[SCOPE] every operation that takes a token says which scope it needs', async t => {
  const { call, operations } = await serveOperations(t)
  let count = 0
  for (const { method, path, security } of operations) {
    const { status, headers } = await call(method, path.replaceAll(/\{\w+\}/g, MISSING_ID))
    const isPublic = status !== 401 || headers['www-authenticate'] !== 'Bearer'
    if (isPublic) {
      t.ok(security.length === 0 || security.some(({ bearer }) => bearer === undefined), `${method} ${path}`)
      continue
    }
    const scope = expectedScope(method, path)
    t.strictSame(
      security,
      [{ bearer: [] }, ...(scope ? [{ personalAccessToken: [scope] }] : [])],
      `${method} ${path}`
    )
    count += 1
  }
  t.ok(count > 35, `${count} operations`)
})

t.test('[SCOPE] a token opens what its scopes name, and nothing else', async t => {
  const { call, own, operations, tokens } = await serveOperations(t)
  for (const { method, path, security, content } of operations) {
    if (!security.some(({ bearer }) => bearer) || path === '/api/auth/logout') continue
    const scope = expectedScope(method, path)
    const [contentType, media] = content ?? []
    const send = (token: string) =>
      call(method, path.replaceAll(/\{\w+\}/g, MISSING_ID), {
        token,
        headers: {
          ...(contentType && { 'content-type': contentType }),
          ...(path.endsWith('/stream') && { accept: 'text/event-stream' })
        },
        ...(media && { body: media.example })
      })
    for (const [own, token] of Object.entries(tokens)) {
      const name = `${method} ${path} with ${own}`
      // Twice, since a token that was seen before takes another way.
      for (const _ of [1, 2]) {
        const answer = await send(token)
        if (own === scope) {
          t.notMatch(`${answer.status}`, /^(401|403|5..)$/, name)
          continue
        }
        t.strictSame(
          answer.body,
          expectedProblem(
            answer,
            403,
            'insufficient_scope',
            scope
              ? {
                  detail: `The token does not have the scope ${scope}. Use one that has it.`,
                  action: 'replace-token'
                }
              : {
                  detail:
                    'No personal access token does this. Sign in and use the access token of the session.',
                  action: 'sign-in'
                }
          ),
          name
        )
        t.equal(
          answer.headers['www-authenticate'],
          scope
            ? `Bearer error="insufficient_scope", error_description="The token does not have the scope", scope="${scope}"`
            : 'Bearer error="insufficient_scope", error_description="The access token of a session is required"',
          name
        )
      }
    }
  }
  t.equal((await own('GET', '/me')).status, 200)
})

t.test('HEAD needs the scope of GET', async t => {
  const { call, tokens } = await serveOperations(t)
  for (const path of ['/api/todos', '/api/lists', '/api/tags', '/api/todos/export']) {
    t.equal((await call('HEAD', path, { token: tokens['todos:read'] })).status, 200, path)
    t.equal((await call('HEAD', path, { token: tokens['todos:write'] })).status, 403, path)
  }
})

t.test('a sign-out with a token is refused, and changes nothing', async t => {
  const { call, own, tokens } = await serveOperations(t)
  const token = tokens['todos:read']
  for (const scope of ['local', 'others', 'all']) {
    const refused = await call('POST', '/api/auth/logout', { token, body: { scope } })
    t.strictSame(refused.body, expectedProblem(refused, 403, 'insufficient_scope', { action: 'sign-in' }))
  }
  const unknown = await call('POST', '/api/auth/logout', { token: 'lkp_unknown' })
  t.match(unknown.body, { status: 401, code: 'personal_access_token_invalid' })
  t.equal((await call('GET', '/api/todos', { token })).status, 200)
  t.equal((await own('GET', '/me')).status, 200)
})

t.test('a script works with todos, and leaves no session in what it did', async t => {
  const { call, own, create, lines, pair } = await serveOwner(t)
  const { token } = await create()
  const todo = await call('POST', '/api/todos', {
    token,
    body: {
      title: 'Water the plants',
      due: { date: '2026-01-05' },
      repeat: { rule: 'FREQ=DAILY', from: 'due' }
    }
  })
  t.equal(todo.status, 201)
  const done = await call('PATCH', `/api/todos/${todo.body.id}`, { token, body: { done: true } })
  t.equal(done.status, 200)
  const completions = await call('GET', `/api/todos/${todo.body.id}/completions`, { token })
  t.match(completions.body.items, [{ sessionId: null }])
  const batch = { operations: [{ op: 'complete', id: todo.body.id }] }
  t.equal((await call('POST', '/api/todos/batch', { token, body: batch })).status, 200)
  t.match((await call('GET', `/api/todos/${todo.body.id}/completions`, { token })).body.items, [
    { sessionId: null },
    { sessionId: null }
  ])
  const users = lines.map(line => JSON.parse(line)).filter(({ path }) => path === '/api/todos')
  t.strictSame(
    users.map(({ user }) => user),
    [pair.user.id]
  )
  t.equal((await own('GET', '/sessions')).body.items.length, 1)
})
