import t from 'tap'
import { serve } from '../support/service.ts'
import { ADA, createTestClient, type Hook } from './in-process-client.ts'

const problem = (status: number, code: string, action: string | undefined, retryAfter?: string) =>
  new Response(JSON.stringify({ code, action, status }), {
    status,
    headers: { 'content-type': 'application/problem+json', ...(retryAfter && { 'retry-after': retryAfter }) }
  })

/** A hook that meets the first requests with these, and lets the rest pass. */
function first(...answers: (Response | 'lost')[]): Hook {
  return async (_url, _init, pass) => {
    const answer = answers.shift()
    if (answer === 'lost') throw new TypeError('fetch failed')
    return answer ?? pass()
  }
}

/** Someone signed in, and what is sent from then on. */
async function signedIn(t: Parameters<typeof serve>[0]) {
  const service = await serve(t)
  const { client, state } = createTestClient(service)
  await client.auth.register(ADA)
  state.sent.length = 0
  return { service, client, state }
}

t.test('failures are retried after growing delays', async t => {
  const { client, state } = await signedIn(t)
  const gateway = new Response('<h1>Bad gateway</h1>', { status: 502 })
  state.hook = first('lost', gateway, problem(503, 'database_unavailable', 'retry-later', '2'), 'lost')
  await client.todos.create({ title: 'Buy milk' })
  t.strictSame(state.pauses, [150, 300, 2600, 1200], 'half of the longest, and what the service asks for')
  t.equal((await client.todos.list()).items.length, 1)
})

t.test('an answer that is cut off, or not of the service, counts as lost', async t => {
  const { client, state } = await signedIn(t)
  state.hook = first(new Response('{"id":', { headers: { 'content-type': 'application/json' } }))
  t.match(await client.auth.me(), { username: 'ada' })
})

t.test('the tries have an end', async t => {
  const { client, state } = await signedIn(t)
  state.hook = async () => {
    throw new TypeError('fetch failed')
  }
  await t.rejects(client.auth.me(), { message: 'fetch failed' })
  t.equal(state.sent.length, 5)
  t.ok(client.auth.user(), 'nobody is signed out by it')
})

t.test('a request that may have been carried out is not repeated', async t => {
  const { client, state } = await signedIn(t)
  state.hook = first('lost')
  await t.rejects(client.auth.login(ADA), { message: 'fetch failed' })
  state.hook = first(problem(500, 'internal_error', 'retry'))
  await t.rejects(client.auth.login(ADA), { code: 'internal_error' })
  state.hook = first(new Response('', { status: 503 }))
  await t.rejects(client.auth.login(ADA), { code: 'unknown', message: 'The answer is 503.' })
  t.strictSame(state.pauses, [])

  state.hook = first(
    problem(503, 'overloaded', 'retry-later', '1'),
    problem(429, 'rate_limited', 'retry-later')
  )
  await client.auth.login({ email: ADA.email, password: ADA.password })
  t.strictSame(state.pauses, [1150, 300], 'but what was not done is')
})

t.test('long waits are for people to decide on', async t => {
  const { client, state } = await signedIn(t)
  state.hook = first(problem(429, 'rate_limited', 'retry-later', '60'))
  await t.rejects(client.auth.me(), { code: 'rate_limited', retryAfter: 60 })
  state.hook = first(problem(429, 'sign_in_throttled', 'retry-later', '1'))
  await t.rejects(client.auth.login(ADA), { code: 'sign_in_throttled', retryAfter: 1 })
  t.strictSame(state.pauses, [])
})

t.test('the key of a create stays the same over all attempts', async t => {
  const { client, state } = await signedIn(t)
  const keys: unknown[] = []
  let isLost = true
  state.hook = async (_url, init, pass) => {
    keys.push(new Headers(init.headers).get('idempotency-key'))
    const response = await pass()
    isLost = !isLost
    if (!isLost) throw new TypeError('the answer is lost')
    return response
  }
  const todo = await client.todos.create({ title: 'Buy milk' })
  const imported = await client.todos.import('{"title":"Buy oats"}\n')
  t.strictSame(imported, { created: 1, existing: 0 })
  t.equal(keys.length, 4)
  t.equal(keys[0], keys[1])
  t.equal(keys[2], keys[3])
  t.not(keys[0], keys[2])
  state.hook = (_url, _init, pass) => pass()
  const { items } = await client.todos.list()
  t.strictSame(items[0], todo)
  t.strictSame(
    items.map(({ title }) => title),
    ['Buy milk', 'Buy oats']
  )
})

t.test('an answer that comes too late counts as lost', async t => {
  const timers = new Map<() => void, number>()
  const timer = (duration: number, ring: () => void) => {
    timers.set(ring, duration)
    return () => timers.delete(ring)
  }
  const { client, state } = createTestClient(await serve(t), { timeout: 1234, platform: { timer } })
  await client.auth.register(ADA)
  t.equal(timers.size, 0, 'no timer is left behind')
  state.sent.length = 0
  state.hook = (_url, init) =>
    new Promise((_, reject) => {
      init.signal?.addEventListener('abort', () => reject(init.signal?.reason))
      for (const [ring, duration] of timers) if (duration === 1234) ring()
    })
  await t.rejects(client.auth.me(), { name: 'TimeoutError', message: 'No answer came within 1234 ms.' })
  t.equal(state.sent.length, 5)
  t.equal(timers.size, 0)
})

t.test('a signal for many calls is let go of after each', async t => {
  const { client, state } = await signedIn(t)
  const controller = new AbortController()
  const { signal } = controller
  const listeners = new Set<unknown>()
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners.add(args[1])
    addEventListener.apply(signal, args)
  }
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners.delete(args[1])
    removeEventListener.apply(signal, args)
  }
  await client.todos.list({}, { signal })
  t.equal(listeners.size, 0)

  controller.abort(new Error('enough'))
  state.sent.length = 0
  await t.rejects(
    client.todos.list({}, { signal }),
    { message: 'enough' },
    'nor is one that has ended listened to'
  )
  t.equal(state.sent.length, 0)
  t.equal(listeners.size, 0)
})

t.test('the Retry-After of a gateway is respected', async t => {
  const { client, state } = await signedIn(t)
  const limited = (retryAfter: string) =>
    new Response('Slow down', { status: 429, headers: { 'retry-after': retryAfter } })
  state.hook = first(limited('3'), limited('Fri, 31 Dec 2027 23:59:59 GMT'), limited('-5'))
  t.match(await client.auth.me(), { username: 'ada' })
  t.strictSame(state.pauses, [3150, 300, 600])
})
