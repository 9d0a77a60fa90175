import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Locks } from '../../src/client/platform.ts'
import { serve } from '../support/service.ts'
import { ADA, advance, CHANNEL_NAME, createTestClient } from './in-process-client.ts'

/** Someone whose access token has run out, on a platform with these locks, whose timers a test rings. */
async function expired(t: Test, request: Locks['request']) {
  const service = await serve(t)
  const timers = new Map<() => void, number>()
  function timer(duration: number, ring: () => void) {
    timers.set(ring, duration)
    return () => timers.delete(ring)
  }
  const { client, state, storage } = createTestClient(service, { platform: { locks: { request }, timer } })
  await client.auth.register(ADA)
  advance(service, 300, state)
  state.sent.length = 0
  /** What rings after so many milliseconds. */
  const due = (duration: number) =>
    [...timers].flatMap(([ring, after]) => (after === duration ? [ring] : [])) as (() => void)[]
  return { service, client, state, storage, timers, due }
}

const BOTH = ['POST /api/auth/refresh', 'GET /api/auth/me']

t.test('a lock that is never let go of is not waited for without end', async t => {
  const asked: { name: string; signal: AbortSignal; work: () => Promise<void> }[] = []
  const { client, state, timers, due } = await expired(
    t,
    (name, { signal }, work) =>
      new Promise((_, reject) => {
        asked.push({ name, signal, work })
        signal.addEventListener('abort', () => reject(signal.reason))
      })
  )
  const calls = Promise.all([client.auth.me(), client.auth.me()])
  while (asked.length === 0) await turn()
  for (let turns = 0; turns < 10; turns++) await turn()
  t.strictSame(state.sent, [], 'it waits')
  const [ring, ...more] = due(5000)
  t.strictSame(more, [], 'once for all calls')
  ring?.()
  for (const user of await calls) t.match(user, { username: 'ada' })
  t.strictSame(state.sent, [...BOTH, 'GET /api/auth/me'])
  t.match(asked, [{ name: /^latchkey http:\/\/service /, signal: { aborted: true } }])

  await asked[0]?.work()
  t.equal(state.sent.length, 3, 'it does nothing when it gets the lock after all')
  t.equal(timers.size, 0, 'no timer is left behind')
})

t.test('a lock that ignores that it is given up, too', async t => {
  const { client, state, due } = await expired(t, () => new Promise(() => {}))
  const call = client.auth.me()
  while (due(5000).length === 0) await turn()
  due(5000)[0]?.()
  await call
  t.strictSame(state.sent, BOTH)
})

t.test('forbidden locks are as if there were none', async t => {
  const { client, state, timers } = await expired(t, async () => {
    throw Object.assign(new Error('The operation is insecure.'), { name: 'SecurityError' })
  })
  t.match(await client.auth.me(), { username: 'ada' })
  t.strictSame(state.sent, BOTH)
  t.equal(timers.size, 0)
})

t.test('the next holder of the lock uses the pair that the holder before has stored', async t => {
  const waiting: (() => Promise<void>)[] = []
  const { service, client, state, storage, timers } = await expired(
    t,
    (_name, _options, work) =>
      new Promise(resolve => {
        waiting.push(() => work().then(resolve))
      })
  )
  const call = client.auth.me()
  while (waiting.length === 0) await turn()
  const kept = JSON.parse(`${storage.getItem(CHANNEL_NAME)}`)
  const { body } = await service.refresh(kept)
  storage.setItem(CHANNEL_NAME, JSON.stringify({ ...kept, ...body, key: 'k' }))
  await waiting[0]?.()
  t.match(await call, { username: 'ada' })
  t.strictSame(state.sent, ['GET /api/auth/me'])
  t.equal(timers.size, 0)
})

t.test('a failure under the lock is that of the call, and lets go of the lock', async t => {
  let held = 0
  const { client, state } = await expired(t, async (_name, _options, work) => {
    held += 1
    await work()
    held -= 1
  })
  state.hook = async () => {
    throw new TypeError('fetch failed')
  }
  await t.rejects(client.auth.me(), { message: 'fetch failed' })
  t.equal(held, 0)
  t.equal(state.sent.length, 5, 'it is tried once, not again without the lock')
})
