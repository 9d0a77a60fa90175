import fc from 'fast-check'
import t from 'tap'
import { serve } from '../service.ts'

/** Titles and descriptions as the schema has them: any text, but for U+0000 and lone surrogates. */
const text = (maxLength: number) =>
  fc.string({ unit: 'binary', maxLength }).filter(value => !value.includes('\0'))
const content = fc.record(
  {
    title: text(500).filter(value => value.trim() !== ''),
    description: fc.option(text(2000), { nil: null }),
    done: fc.boolean()
  },
  { requiredKeys: ['title'] }
)

/** Ways to spoil a valid body; each makes it one that no schema takes. */
const spoil = fc.constantFrom<(body: Record<string, unknown>) => unknown>(
  body => ({ ...body, title: 7 }),
  body => ({ ...body, title: null }),
  body => ({ ...body, title: ' \t' }),
  body => ({ ...body, title: '\ud800' }),
  body => ({ ...body, title: 'x'.repeat(501) }),
  body => ({ ...body, description: 7 }),
  body => ({ ...body, description: ['x'] }),
  body => ({ ...body, done: 'true' }),
  body => ({ ...body, done: null }),
  body => ({ ...body, id: 7, more: true }),
  body => [body],
  () => null
)

t.test(
  'generated bodies: valid ones are never refused and come back whole, spoiled ones never accepted',
  async t => {
    const { call, signUp } = await serve(t)
    const { accessToken: token } = await signUp()
    await fc.assert(
      fc.asyncProperty(content, spoil, async (body, mutate) => {
        const made = await call('POST', '/api/todos', { token, body })
        t.equal(made.status, 201)
        t.match(made.body, { description: null, done: false, ...body, title: body.title.trim() })
        for (const [method, path] of [
          ['POST', ''],
          ['PUT', `/${made.body.id}`],
          ['PATCH', `/${made.body.id}`]
        ] as const)
          t.equal((await call(method, `/api/todos${path}`, { token, body: mutate(body) })).status, 400)
        t.strictSame((await call('GET', `/api/todos/${made.body.id}`, { token })).body, made.body)
      }),
      { numRuns: 60 }
    )
  }
)

t.test('whatever is sent wherever, nothing answers 5xx', async t => {
  const { call, signUp } = await serve(t)
  const { accessToken: token } = await signUp()
  const paths = [
    '/api/todos',
    '/api/todos/01a20996-fb6c-78b7-96ed-227b58a269d2',
    '/api/auth/register'
  ].concat(
    '/api/auth/login',
    '/api/auth/refresh',
    '/api/auth/logout',
    '/api/auth/me',
    '/health/ready',
    '/problems/x'
  )
  const keys = fc.constantFrom(
    'title',
    'done',
    'email',
    'password',
    'username',
    'accessToken',
    'refreshToken',
    'scope'
  )
  const bodies = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(keys, fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue())),
    fc.string({ unit: 'binary' })
  )
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
      fc.constantFrom(...paths),
      fc.option(fc.webQueryParameters()),
      bodies,
      async (method, path, query, body) => {
        const { status } = await call(method, query ? `${path}?${query}` : path, { token, body })
        t.ok(status < 500, `${method} ${path} ${status}`)
      }
    ),
    { numRuns: 400 }
  )
})
