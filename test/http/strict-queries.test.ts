import t from 'tap'
import { expectedProblem, serve } from '../support/service.ts'

const ANY_ID = '01a20996-fb6c-78b7-96ed-227b58a269d2'
const NONE = 'is not known; leave it out, since none is taken'

interface Operation {
  readonly parameters?: { readonly name: string; readonly in: string }[]
  readonly requestBody?: { readonly content: Record<string, { readonly example?: unknown }> }
}

/** All operations of the API, each with a body that it accepts. */
async function serveOperations(t: Parameters<typeof serve>[0]) {
  const service = await serve(t)
  const { accessToken: token } = await service.signUp()
  const { body: document } = await service.call('GET', '/openapi.json')
  const operations = Object.entries<Record<string, Operation>>(document.paths)
    .filter(([path]) => path.startsWith('/api/'))
    .flatMap(([path, item]) =>
      Object.entries(item).map(([method, { parameters = [], requestBody }]) => {
        const [contentType, media] = Object.entries(requestBody?.content ?? {})[0] ?? []
        return {
          name: `${method} ${path}`,
          path: path.replaceAll(/\{\w+\}/g, ANY_ID),
          method: method.toUpperCase(),
          headers: { ...(contentType && { 'content-type': contentType }) },
          body: media?.example,
          queryNames: parameters.filter(parameter => parameter.in === 'query').map(({ name }) => name)
        }
      })
    )
  return { ...service, token, operations }
}

t.test('each operation of the API refuses parameters that it does not know', async t => {
  const { call, token, operations } = await serveOperations(t)
  t.ok(operations.length > 35)
  for (const { name, method, path, headers, body, queryNames } of operations)
    for (const parameter of ['nonsense', 'access_token']) {
      const answer = await call(method, `${path}?${parameter}=1`, { token, headers, body })
      const known = queryNames.length === 0 ? NONE : `is not known; known are ${queryNames.join(', ')}`
      t.match(answer.body.errors, [{ parameter, detail: known }], name)
      t.strictSame(
        answer.body,
        expectedProblem(answer, 400, 'validation_failed', { errors: answer.body.errors }),
        name
      )
    }
})

t.test('nothing is done, and an access token comes first', async t => {
  const { call, token } = await serveOperations(t)
  const body = { title: 'a' }
  t.equal((await call('POST', '/api/todos?dryRun=true', { token, body })).status, 400)
  t.strictSame((await call('GET', '/api/todos', { token })).body.items, [])
  t.equal((await call('POST', '/api/todos?dryRun=true', { body })).status, 401)
  const several = await call('GET', '/api/auth/me?a=1&b=2', { token })
  t.strictSame(
    several.body,
    expectedProblem(several, 400, 'validation_failed', {
      errors: ['a', 'b'].map(parameter => ({ parameter, detail: NONE }))
    })
  )
})

t.test('pages and probes take what others add to their addresses', async t => {
  const { call } = await serve(t)
  for (const path of ['/', '/health/live', '/health/ready', '/problems', '/.well-known/jwks.json'])
    t.equal((await call('GET', `${path}?utm_source=mail&t=1`)).status, 200, path)
})
