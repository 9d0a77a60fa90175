import fc from 'fast-check'
import t from 'tap'
import { isInstant } from '../../../src/time/rfc3339.ts'
import { sorts } from '../../../src/todos/query/sort.ts'
import { invalid, MISSING_ID, serveSignedIn } from '../signed-in.ts'

/** More of them for who has the time. */
const RUNS = 5 * Number(process.env.FUZZ_RUNS ?? 20)

const asCursor = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64url')
const notACursor = {
  parameter: 'cursor',
  detail: 'is not a cursor; give the nextCursor of the page before, or none'
}
const altered = {
  parameter: 'cursor',
  detail: 'has been altered; give the nextCursor of the page before, or none'
}

t.test('an altered cursor is refused, whatever its content', async t => {
  const { todos, make } = await serveSignedIn(t)
  await make('a', 'b')
  const keys = [-1e15, 1.5, 1e300, 9e15, '', 'x', '\0', '\ud800']
  for (const sort of sorts) {
    const { nextCursor } = (await todos('GET', `?limit=1&sort=${sort}`)).body
    const [digest, key, id] = JSON.parse(Buffer.from(nextCursor, 'base64url').toString())
    const list = (cursor: string) => todos('GET', `?sort=${sort}&cursor=${encodeURIComponent(cursor)}`)
    t.equal((await list(asCursor([digest, key, id]))).body.items.length, 1, sort)
    for (const other of keys) {
      const answer = await list(asCursor([digest, other, id]))
      const isText = typeof key === 'string' && typeof other === 'string' && /^x?$/.test(other)
      if (isText) t.equal(answer.status, 200, 'what might be a key is one')
      else t.strictSame(answer.body, invalid(answer, altered), `${sort} ${other}`)
    }

    const ids: unknown[] = [
      null,
      7,
      [id],
      [[id]],
      { toString: 1 },
      { length: 36 },
      '',
      '\0',
      '\ud800',
      `${id}\n`
    ]
    const contents = [
      ...[7, null, [], {}, [digest], [7, key, id], [digest, key], [digest, key, id, id]],
      ...[null, true, {}, [], [key]].map(other => [digest, other, id]),
      ...[...ids, MISSING_ID.toUpperCase()].map(other => [digest, key, other])
    ]
    for (const content of contents) {
      const answer = await list(asCursor(content))
      t.strictSame(answer.body, invalid(answer, notACursor), JSON.stringify(content))
    }

    const spaced = Buffer.from(JSON.stringify([digest, key, id], null, 1)).toString('base64url')
    for (const cursor of [spaced, `${nextCursor}=`, `${nextCursor}!`, ` ${nextCursor}`]) {
      const answer = await list(cursor)
      t.strictSame(answer.body, invalid(answer, altered), `${cursor}: it says the same, but is not ours`)
    }
  }
})

t.test('any text as cursor answers a page or a 400', async t => {
  const { call, token, todos, make } = await serveSignedIn(t, { LOG_LEVEL: 'error' })
  await make('a', 'b')
  const events = await call('GET', '/api/auth/events?limit=1', { token })
  t.equal(events.status, 200)
  const cursors = new Map<string, [digest: string, key: unknown, id: string]>()
  for (const sort of sorts) {
    const { nextCursor } = (await todos('GET', `?limit=1&sort=${sort}`)).body
    cursors.set(sort, JSON.parse(Buffer.from(nextCursor, 'base64url').toString()))
  }
  const any = fc.jsonValue({ maxDepth: 3 })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...sorts),
      fc.oneof(
        any.map(value => () => value),
        any.map(value => ([, key, id]: unknown[]) => [value, key, id]),
        any.map(value => ([digest, , id]: unknown[]) => [digest, value, id]),
        any.map(value => ([digest, key]: unknown[]) => [digest, key, value])
      ),
      fc.string({ unit: 'binary' }),
      async (sort, alter, text) => {
        for (const cursor of [asCursor(alter(cursors.get(sort) ?? [])), encodeURIComponent(text)]) {
          const answer = await todos('GET', `?sort=${sort}&cursor=${cursor}`)
          t.ok([200, 400].includes(answer.status), `${sort} ${cursor}`)
          t.ok((await call('GET', `/api/auth/events?cursor=${cursor}`, { token })).status === 400)
        }
      }
    ),
    { numRuns: RUNS }
  )
})

t.test('a cursor of events with a changed bit is refused', async t => {
  const { call, signUp, token } = await serveSignedIn(t)
  const { user, accessToken } = await signUp()
  await call('POST', '/api/auth/login', { body: { email: user.email, password: 'wrong' } })
  await call('POST', '/api/auth/login', { body: { email: user.email, password: 'wrong' } })
  const list = (cursor: string) =>
    call('GET', `/api/auth/events?limit=1&cursor=${cursor}`, { token: accessToken })
  const { nextCursor } = (await call('GET', '/api/auth/events?limit=1', { token: accessToken })).body
  t.equal((await list(nextCursor)).status, 200)
  const end = nextCursor.length - 1
  const last = String.fromCharCode(nextCursor.charCodeAt(end) + 1)
  for (const cursor of [
    nextCursor.slice(0, end) + last,
    `${nextCursor}=`,
    nextCursor.slice(1),
    `${nextCursor}A`
  ]) {
    const answer = await list(cursor)
    t.strictSame(answer.body, invalid(answer, notACursor), cursor)
  }
  t.equal(
    (await call('GET', `/api/auth/events?cursor=${nextCursor}`, { token })).status,
    200,
    'of no authority'
  )
})

t.test('an instant that the databases cannot store is refused', async t => {
  const { todos, make, titles } = await serveSignedIn(t)
  await make('a')
  const wrong = [
    '2026-01-01',
    '2026-01-01T00:00:00',
    '2026-01-01 00:00:00Z',
    '2026-01-01T00:00:00+01',
    '2026-01-01T24:00:00Z',
    '2026-02-30T00:00:00Z',
    '2016-12-31T23:59:60Z',
    '0000-01-01T00:00:00Z',
    '0000-12-31T23:59:59-00:01',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01'
  ]
  for (const instant of wrong) {
    const answer = await todos('GET', `?updatedAfter=${encodeURIComponent(instant)}`)
    const detail = 'is not accepted; give an instant such as 2026-03-29T09:00:00.000Z'
    t.strictSame(answer.body, invalid(answer, { parameter: 'updatedAfter', detail }), instant)
    t.notOk(isInstant(instant))
  }
  const early = ['0001-01-01T00:00:00Z', '2025-12-31T23:59:59.999999Z', '2026-01-01T05:29:59+05:30']
  for (const instant of early)
    t.strictSame(await titles(`?updatedAfter=${encodeURIComponent(instant)}`), ['a'], instant)
  t.strictSame(await titles('?updatedAfter=9999-12-31T23:59:59.999Z'), [])
})
