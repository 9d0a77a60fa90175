import { EventEmitter } from 'node:events'
import t from 'tap'
import { REQUESTS_PER_MINUTE } from '../../src/auth/limits.ts'
import { createLocalCounter, createRemoteCounter, serveCounter } from '../../src/cluster/shared-counters.ts'
import { serve } from '../support/service.ts'

t.test('requests are counted by key, in windows that begin with the first', async t => {
  let time = 1000
  const count = createLocalCounter(undefined, () => time)
  t.strictSame(await count('a', 60), { current: 1, ttl: 60 })
  time += 59
  t.strictSame(await count('a', 60), { current: 2, ttl: 1 })
  t.strictSame(await count('b', 60), { current: 1, ttl: 60 })
  time += 1
  t.strictSame(await count('a', 60), { current: 1, ttl: 60 })
})

t.test('beyond the maximum, the key whose last request is the oldest is dropped', async t => {
  const count = createLocalCounter(2, () => 0)
  for (const key of ['a', 'b', 'a', 'c']) await count(key, 60)
  t.match(await count('a', 60), { current: 3 })
  t.match(await count('b', 60), { current: 1 })
})

t.test('one process counts for several', async t => {
  const together = createLocalCounter()
  const counts = [1, 2].map(() => {
    const [inner, outer] = [new EventEmitter(), new EventEmitter()]
    serveCounter(
      { send: message => setImmediate(() => inner.emit('message', message)), on: outer.on.bind(outer) },
      together
    )
    outer.emit('message', 'turn?')
    const count = createRemoteCounter({
      send: message => outer.emit('message', message),
      on: inner.on.bind(inner)
    })
    inner.emit('message', 'turn')
    return count
  })
  const [one = together, two = together] = counts
  const windows = await Promise.all([one('a', 60), two('a', 60), one('b', 60), one('a', 60)])
  t.strictSame(
    windows.map(({ current }) => current),
    [1, 2, 1, 3]
  )
})

t.test('a clock that was ahead uses no limit up', async t => {
  const { call } = await serve(t, { RATE_LIMIT: 'on' })
  const register = () => call('POST', '/api/auth/register', { body: {} })
  const { now } = Date
  t.teardown(() => Object.assign(Date, { now }))
  Object.assign(Date, { now: () => now() + 400 * 86_400_000 })
  for (let index = 0; index < REQUESTS_PER_MINUTE.register; index++) t.equal((await register()).status, 400)
  Object.assign(Date, { now })
  const refused = await register()
  t.equal(refused.status, 429)
  t.ok(Number(refused.headers['retry-after']) <= 60, `${refused.headers['retry-after']} s`)
})
