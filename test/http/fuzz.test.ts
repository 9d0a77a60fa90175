import fc from 'fast-check'
import t from 'tap'
import { ListQuery } from '../../routes/todos/schemas.ts'
import { contentFields, defaults, patchFields } from '../../src/todos/content/content.ts'
import { createArbitrary, type Schema } from '../support/schema-arbitrary.ts'
import { serve } from '../support/service.ts'

/** More of them for who has the time. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 20)

const object = (properties: Record<string, unknown>, required: string[] = []) =>
  createArbitrary({
    type: 'object',
    properties: properties as Record<string, Schema>,
    required
  }) as fc.Arbitrary<Record<string, unknown>>
// A rule is taken beside some due dates only; test/todos/series generates both.
const { repeat: _repeat, ...independentFields } = contentFields
const contents = object(independentFields, ['title'])

/** What no field takes, whichever it is. */
const junk = fc.constantFrom<unknown>(7.5, { nope: 1 }, [7], '\ud800', '\0', 'x'.repeat(17_000), [[]], [''])
/** Ways to spoil a valid body; each makes it one that no schema takes. */
const spoil = fc.oneof(
  fc
    .tuple(fc.constantFrom(...Object.keys(contentFields)), junk)
    .map(([field, value]) => (body: object): unknown => ({ ...body, [field]: value })),
  fc.constantFrom<(body: object) => unknown>(
    body => ({ ...body, title: null }),
    body => ({ ...body, title: ' \t' }),
    body => ({ ...body, title: 'x'.repeat(501) }),
    body => ({ ...body, done: 'true' }),
    body => ({ ...body, priority: 'High' }),
    body => ({ ...body, tags: ['a', 'a'] }),
    body => ({ ...body, tags: [' a'] }),
    body => ({ ...body, tags: Array.from({ length: 21 }, (_, index) => `${index}`) }),
    body => ({ ...body, due: { date: '2026-02-29' } }),
    body => ({ ...body, due: { date: '2026-03-29', dateTime: '2026-03-29T02:30:00', timeZone: 'UTC' } }),
    ...['id', 'position', 'etag', 'createdAt', 'updatedAt', 'more'].map(name => (body: object) => ({
      ...body,
      [name]: null
    })),
    ...['position', 'createdAt', 'updatedAt', 'completedAt', 'deletedAt'].map(name => (body: object) => ({
      ...body,
      [name]: '2000-01-01T00:00:00.000Z'
    })),
    body => [body],
    () => null
  )
)

/** A body as it comes back: with its defaults, trimmed, its tags in their order. */
const whole = ({ title, tags = [], ...rest }: Record<string, unknown>): Record<string, unknown> => ({
  ...defaults,
  ...rest,
  title: String(title).trim(),
  tags: (tags as string[]).map(tag => tag.normalize('NFC')).toSorted()
})
const contentIn = (todo: Record<string, unknown>) =>
  Object.fromEntries(Object.keys(contentFields).map(field => [field, todo[field]]))

t.test(
  'generated bodies: valid ones are never refused and come back whole, spoiled ones never accepted',
  async t => {
    const { call, signUp } = await serve(t, { LOG_LEVEL: 'error' })
    const { accessToken: token } = await signUp()
    await fc.assert(
      fc.asyncProperty(contents, spoil, async (body, mutate) => {
        const made = await call('POST', '/api/todos', { token, body })
        t.equal(made.status, 201, JSON.stringify(made.body.errors))
        t.same(contentIn(made.body), whole(body))
        const path = `/api/todos/${made.body.id}`
        for (const [method, url] of [
          ['POST', '/api/todos'],
          ['PUT', path],
          ['PATCH', path]
        ] as const)
          t.equal((await call(method, url, { token, body: mutate(body) })).status, 400)
        t.strictSame((await call('GET', path, { token })).body, made.body)
        t.strictSame(
          (await call('PUT', path, { token, body })).body,
          made.body,
          'the same again is no change'
        )
      }),
      { numRuns: RUNS }
    )
  }
)

const withDefault = Object.entries(contentFields)
  .filter(([, field]) => 'default' in field)
  .map(([name]) => name)

t.test('[RFC 7396] a patch of a field changes it, updatedAt and the ETag, and nothing else', async t => {
  const { call, clock, signUp } = await serve(t, { LOG_LEVEL: 'error' })
  const fields = Object.keys(patchFields).filter(field => field in independentFields)
  const whichever = fc.constantFrom(...fields)
  const { accessToken: token } = await signUp()
  const patches = whichever.chain(field => contents.map(other => ({ field, value: whole(other)[field] })))
  await fc.assert(
    fc.asyncProperty(contents, fc.array(patches, { maxLength: 6 }), async (body, patches) => {
      let { body: present } = await call('POST', '/api/todos', { token, body })
      const path = `/api/todos/${present.id}`
      const patch = async (body: object) => (await call('PATCH', path, { token, body })).body
      for (const { field, value } of patches) {
        clock.advance(0.001)
        const next = await patch({ [field]: value })
        const isSame =
          JSON.stringify(whole({ ...present, [field]: value })[field]) === JSON.stringify(present[field])
        const { updatedAt, etag, completedAt } = next
        const expected = isSame ? present : { ...present, [field]: next[field], updatedAt, etag, completedAt }
        t.strictSame(next, expected)
        if (!isSame) {
          t.same(next[field], whole({ ...present, [field]: value })[field])
          t.equal(updatedAt, clock.now().toISOString())
          t.not(etag, present.etag)
          t.equal(completedAt, next.done ? (present.completedAt ?? updatedAt) : null)
        }
        t.strictSame(await patch({}), next)
        present = next
      }
      const { title, ...clearedFields } = await patch(
        Object.fromEntries(withDefault.map(field => [field, null]))
      )
      t.match(clearedFields, defaults)
      t.equal(title, present.title)
    }),
    { numRuns: RUNS / 2 }
  )
})

t.test(
  'a due time of any zone comes back unchanged, even if the clocks skip it or show it twice',
  async t => {
    const { call, clock, signUp } = await serve(t, { LOG_LEVEL: 'error' })
    const { accessToken: token } = await signUp()
    // The Sundays on which most zones change their clocks, and the hours in which.
    const sundays = Array.from({ length: 16 * 366 }, (_, day) => new Date(Date.UTC(2020, 0, 1 + day)))
      .filter(date => date.getUTCDay() === 0 && [2, 3, 8, 9, 10].includes(date.getUTCMonth()))
      .map(date => date.toISOString().slice(0, 10))
    for (const [index, timeZone] of Intl.supportedValuesOf('timeZone').entries()) {
      const hour = index % 4
      const due = { dateTime: `${sundays[(index * 7) % sundays.length]}T0${hour}:30:00`, timeZone }
      const { body } = await call('POST', '/api/todos', { token, body: { title: timeZone, due } })
      if (JSON.stringify(body.due) !== JSON.stringify(due)) t.fail(JSON.stringify({ due, body }))
      if (index % 50 === 0) clock.advance(1)
    }
    const { nextCursor } = (await call('GET', '/api/todos?sort=due&limit=200', { token })).body
    t.type(nextCursor, 'string')
  }
)

t.test('generated queries: valid ones are never refused, others never answered by 5xx', async t => {
  const { call, signUp } = await serve(t, { LOG_LEVEL: 'error' })
  const { accessToken: token } = await signUp()
  for (const title of ['a', 'b', 'c'])
    await call('POST', '/api/todos', { token, body: { title, tags: [title] } })
  const { cursor: _, ...parameters } = ListQuery.properties
  const list = (pairs: [string, unknown][]) => {
    const query = new URLSearchParams()
    for (const [name, value] of pairs) for (const one of [value].flat()) query.append(name, String(one))
    return call('GET', `/api/todos?${query}`, { token })
  }
  await fc.assert(
    fc.asyncProperty(
      object(parameters),
      fc.array(
        fc.tuple(fc.constantFrom(...Object.keys(ListQuery.properties)), fc.string({ unit: 'binary' }))
      ),
      async ({ overdue: _, list: lists, parent, ...conditions }, others) => {
        const query = {
          ...conditions,
          // Of the generated ids none is there.
          ...(lists !== undefined && { list: 'inbox' }),
          ...(parent !== undefined && { parent: 'none' }),
          ...(conditions.timeZone !== undefined && { overdue: true })
        }
        const answer = await list(Object.entries(query))
        t.equal(answer.status, 200, JSON.stringify(answer.body))
        const any = await list([...Object.entries(query), ...others])
        t.ok(any.status < 500, `${any.status}`)
      }
    ),
    { numRuns: RUNS }
  )
})

t.test('whatever is sent wherever, nothing answers 5xx', async t => {
  const { call, signUp } = await serve(t)
  const { accessToken: token } = await signUp()
  const paths = [
    '/api/todos',
    '/api/todos/01a20996-fb6c-78b7-96ed-227b58a269d2',
    '/api/todos/01a20996-fb6c-78b7-96ed-227b58a269d2/move',
    '/api/todos/01a20996-fb6c-78b7-96ed-227b58a269d2/restore',
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
    { numRuns: RUNS * 10 }
  )
})
