import t from 'tap'
import { isInstant } from '../../src/times.ts'
import { sorts } from '../../src/todos/list.ts'
import { invalid, MISSING, signedIn } from './signed-in.ts'

t.test('a cursor that was altered is refused, whatever it has become', async t => {
  const { todos, make } = await signedIn(t)
  await make('a', 'b')
  const keys = [null, true, {}, [], -1e15, 1.5, 1e300, 9e15, '', 'x', '\0', '\ud800']
  const ids = [null, 7, '', '\0', '\ud800', MISSING.toUpperCase()]
  for (const sort of sorts) {
    const { nextCursor } = (await todos('GET', `?limit=1&sort=${sort}`)).body
    const [digest, key, id] = JSON.parse(Buffer.from(nextCursor, 'base64url').toString())
    const list = (content: unknown) => {
      const cursor = Buffer.from(JSON.stringify(content)).toString('base64url')
      return todos('GET', `?sort=${sort}&cursor=${cursor}`)
    }
    t.equal((await list([digest, key, id])).body.items.length, 1, sort)
    for (const other of keys) {
      const answer = await list([digest, other, id])
      const isText = typeof key === 'string' && typeof other === 'string' && /^x?$/.test(other)
      const detail = 'has been altered; give the nextCursor of the page before, or none'
      if (isText) t.equal(answer.status, 200, 'what might be a key is one')
      else t.strictSame(answer.body, invalid(answer, { parameter: 'cursor', detail }), `${sort} ${other}`)
    }
    for (const content of [7, null, [], [7, key, id], ...ids.map(other => [digest, key, other])]) {
      const answer = await list(content)
      const detail = 'is not a cursor; give the nextCursor of the page before, or none'
      t.strictSame(answer.body, invalid(answer, { parameter: 'cursor', detail }), JSON.stringify(content))
    }
  }
})

t.test('what is no instant that can be kept is refused', async t => {
  const { todos, make, titles } = await signedIn(t)
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
