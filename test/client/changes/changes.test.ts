import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { createClient, UnexpectedResponseError } from '../../../src/client/index.ts'
import {
  BASE_URL,
  caughtUp,
  change,
  createFakeService,
  event,
  gone,
  json,
  openStream,
  page,
  problem,
  put,
  takePages
} from './fake-service.ts'

const paths = ({ requests }: ReturnType<typeof createFakeService>['state']) =>
  requests.map(({ path, since }) => `${path} ${since}`)

t.test('a page of changes', async t => {
  const { client, state } = createFakeService(page('2', [put('a'), gone('b')], true))
  t.strictSame(await client.listChanges({ since: '1', limit: 2 }), {
    changes: [put('a'), gone('b')],
    next: '2',
    more: true
  })
  t.strictSame(paths(state), ['changes 1'])

  state.answers.push(...Array.from({ length: 5 }, () => page('1', [put('a')], true)))
  await t.rejects(
    client.listChanges({ since: '1' }),
    UnexpectedResponseError,
    'a page that ends where it began has lost its query'
  )
  state.answers.push(
    ...Array.from({ length: 5 }, () => json({ changes: [{ id: 'a' }], next: '2', more: false }))
  )
  await t.rejects(client.listChanges(), UnexpectedResponseError)
})

t.test('a stream gives what arrives together as one page', async t => {
  const stream = openStream(
    'retry: 2000\n\n',
    change('a', '1') + change('b', '2'),
    change('c', '3') + caughtUp('4')
  )
  const { client, state } = createFakeService(stream.response)
  const pages = client.changes()
  t.strictSame(await takePages(pages, 2), [
    { changes: [put('a'), put('b')], next: '2', more: true },
    { changes: [put('c')], next: '4', more: false }
  ])
  t.match(state.requests, [{ path: 'changes/stream', since: null, accept: 'text/event-stream', token: 'a0' }])
  stream.write(': heartbeat\n\n')
  stream.write(event('news', {}))
  stream.write(change('d', '5') + caughtUp('5') + event('change', gone('d'), '6'))
  t.strictSame(await takePages(pages, 2), [
    { changes: [put('d')], next: '5', more: false },
    { changes: [gone('d')], next: '6', more: true }
  ])
  await pages.return()
  t.equal(stream.isCancelled(), true, 'a loop that is left closes the stream')
  t.equal(state.limits.size, 0, 'no timer is left behind')
})

t.test('a stream may be cut within a character', async t => {
  const title = 'Äpfel für 4 € kaufen 🍏'
  const bytes = new TextEncoder().encode(`\ufeff${event('change', put('a', { title }), '1')}${caughtUp('1')}`)
  const stream = openStream()
  for (const byte of bytes) stream.writeBytes(Uint8Array.of(byte))
  const { client } = createFakeService(stream.response)
  t.strictSame(await takePages(client.changes(), 2), [
    { changes: [put('a', { title })], next: '1', more: true },
    { changes: [], next: '1', more: false }
  ])
})

t.test('what breaks off is resumed after growing pauses', async t => {
  const first = openStream(`retry: 500\n\n${change('a', '1')}`)
  const second = openStream(caughtUp('2'))
  const { client, state } = createFakeService(
    first.response,
    new TypeError('fetch failed'),
    problem(500, 'internal_error', 'retry'),
    problem(429, 'rate_limited', 'retry-later', 3),
    new Response('Bad gateway', { status: 502 }),
    second.response
  )
  const pages = client.changes({ since: '0' })
  await takePages(pages, 1)
  first.cut()
  await takePages(pages, 1)
  t.strictSame(paths(state), ['changes/stream 0', ...Array(5).fill('changes/stream 1')])
  t.strictSame(
    state.pauses,
    [1000, 1500, 2500, 3000 + 4500, 8500],
    'half of the longest, and what is asked for'
  )

  second.end()
  state.answers.push(new TypeError('fetch failed'), openStream(caughtUp('2')).response)
  state.pauses.length = 0
  await takePages(pages, 1)
  t.strictSame(state.pauses, [750, 1000], 'a page makes the pauses short again')
})

t.test('the network that is there again ends a pause', async t => {
  const listeners = new Set<() => void>()
  const { platform, storage } = createFakeService(
    new TypeError('fetch failed'),
    openStream(caughtUp('1')).response
  )
  const client = createClient({
    baseUrl: BASE_URL,
    storage,
    platform: {
      ...platform,
      timer: () => () => {},
      onOnline(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      }
    }
  })
  const next = client.changes().next()
  while (listeners.size === 0) await turn()
  for (const listener of listeners) listener()
  t.match((await next).value, { next: '1' })
  t.equal(listeners.size, 0)
})

t.test('the pauses stop growing', async t => {
  const { client, state } = createFakeService(
    ...Array.from({ length: 8 }, () => new TypeError('fetch failed')),
    openStream(caughtUp('1')).response
  )
  await takePages(client.changes(), 1)
  t.strictSame(state.pauses.slice(0, 5), [4000, 6000, 10_000, 17_000, 17_000])
})

t.test('a stream that opens and gives nothing counts as a failure', async t => {
  const closed = () => {
    const stream = openStream('retry: 100\n\n')
    stream.end()
    return stream.response
  }
  const { client, state } = createFakeService(closed, closed, closed, openStream(caughtUp('1')).response)
  await takePages(client.changes(), 1)
  t.strictSame(state.pauses, [200, 300, 500])
})

t.test('the pair is refreshed when a stream ends with its token', async t => {
  const stream = openStream(caughtUp('1') + event('end', { code: 'access_token_expired' }))
  const { client, state } = createFakeService(
    stream.response,
    problem(401, 'access_token_expired', 'refresh'),
    openStream(caughtUp('2')).response
  )
  const pages = client.changes()
  t.match(await takePages(pages, 2), [{ next: '1' }, { next: '2' }])
  t.strictSame(
    state.requests.map(({ token, since }) => `${token} ${since}`),
    ['a0 null', 'a0 1', 'a1 1']
  )
  t.equal(state.refreshes, 1)
  t.strictSame(state.pauses.filter(Boolean), [], 'without a pause')
})

t.test('a service that shuts down is given time', async t => {
  const stream = openStream(`${caughtUp('1')}retry: 4000\n\n${event('end', { code: 'shutting_down' })}`)
  const { client, state } = createFakeService(stream.response, openStream(caughtUp('2')).response)
  t.match(await takePages(client.changes(), 2), [{ next: '1' }, { next: '2' }])
  t.strictSame(state.pauses, [6000])
})

t.test('the end of the session is an error', async t => {
  const stream = openStream(caughtUp('1') + event('end', { code: 'access_token_revoked' }))
  const { client, state } = createFakeService(
    stream.response,
    problem(401, 'access_token_revoked', 'sign-in')
  )
  const pages = client.changes()
  await takePages(pages, 1)
  await t.rejects(pages.next(), { code: 'access_token_revoked' })
  t.strictSame(state.signOuts, ['access_token_revoked'])
  t.match(await pages.next(), { done: true })
})

t.test('whoever signs out, or in as another user, follows no more', async t => {
  const { client, state, signInAs } = createFakeService(openStream(caughtUp('1')).response)
  const pages = client.changes()
  await takePages(pages, 1)
  const next = pages.next()
  signInAs('bob')
  state.answers.push(page('9'))
  const [limit] = [...state.limits.keys()]
  limit?.()
  t.match(await next, { done: true, value: undefined })
  t.equal(state.requests.length, 1)
})

t.test('nor when the stream of the one before goes on', async t => {
  const stream = openStream(caughtUp('1'))
  const { client, signInAs } = createFakeService(stream.response)
  const pages = client.changes()
  await takePages(pages, 1)
  const next = pages.next()
  signInAs('bob')
  stream.write(caughtUp('2'))
  t.match(await next, { done: true, value: undefined })
  t.equal(stream.isCancelled(), true)
})

t.test('refusals that stay are errors', async t => {
  const refusals: [status: number, code: string, action?: 'resync'][] = [
    [400, 'validation_failed'],
    [404, 'not_found'],
    [410, 'sync_token_expired', 'resync']
  ]
  for (const [status, code, action] of refusals)
    for (const mode of ['stream', 'poll'] as const) {
      const { client } = createFakeService(problem(status, code, action))
      await t.rejects(client.changes({ since: 'x', mode }).next(), { status, code, action })
    }
})

t.test('where no stream gets through, the client polls', async t => {
  const noBody = openStream().response
  Object.defineProperty(noBody, 'body', { value: null })
  const obstacles: [name: string, answer: Response][] = [
    ['a page', new Response('<h1>Welcome</h1>', { headers: { 'content-type': 'text/html' } })],
    ['a platform without streams', noBody],
    ['406', problem(406, 'not_acceptable')],
    ['too many streams', problem(429, 'too_many_streams', 'retry-later', 60)],
    ['overloaded', problem(503, 'overloaded', 'retry-later', 60)],
    ['an unknown event', openStream('event: change\ndata: {}\n\n').response],
    ['no JSON', openStream('event: caught-up\ndata: soon\n\n').response],
    ['an end without a code', openStream('event: end\ndata: {}\n\n').response]
  ]
  for (const [name, obstacle] of obstacles)
    await t.test(name, async t => {
      const { client, state } = createFakeService(
        obstacle,
        page('1', [put('a')], true),
        page('2', [put('b')]),
        page('2')
      )
      const pages = client.changes()
      t.strictSame(await takePages(pages, 3), [
        { changes: [put('a')], next: '1', more: true },
        { changes: [put('b')], next: '2', more: false },
        { changes: [], next: '2', more: false }
      ])
      t.strictSame(paths(state), ['changes/stream null', 'changes null', 'changes 1', 'changes 2'])
      t.strictSame(state.pauses.filter(Boolean), [7500])
      await pages.return()
    })
})

t.test('a proxy that buffers is found out', async t => {
  const silent = openStream().response
  for (const [name, limit, answer] of [
    ['the content', 35_000, silent],
    ['the headers, too', 30_000, undefined]
  ] as const)
    await t.test(name, async t => {
      const { client, state, expire } = createFakeService(...(answer ? [answer, page('1')] : []))
      const next = client.changes().next()
      await expire(limit)
      if (!answer) state.answers.push(page('1'))
      t.match((await next).value, { next: '1' })
      t.strictSame(paths(state), ['changes/stream null', 'changes null'])
    })
})

t.test('a stream that falls silent is resumed', async t => {
  const stream = openStream(caughtUp('1'))
  const { client, state, expire } = createFakeService(stream.response, openStream(caughtUp('2')).response)
  const pages = client.changes()
  await takePages(pages, 1)
  const next = pages.next()
  await expire(35_000)
  t.match((await next).value, { next: '2' })
  t.strictSame(paths(state), ['changes/stream null', 'changes/stream 1'])
  t.equal(stream.isCancelled(), true)
})

t.test('after a while a stream is tried again, later each time', async t => {
  const { client, state } = createFakeService()
  const tries: number[] = []
  const obstacle = () => problem(406, 'not_acceptable')
  const answer = () => {
    const isStream = state.requests.at(-1)?.path === 'changes/stream'
    if (isStream) tries.push(state.time)
    return isStream ? obstacle() : page('1')
  }
  state.answers.push(...Array.from({ length: 1000 }, () => answer))
  const pages = client.changes()
  while (tries.length < 8) await pages.next()
  const minutes = tries.slice(1).map((time, index) => Math.floor((time - Number(tries[index])) / 60_000))
  t.strictSame(minutes, [1, 2, 4, 8, 16, 32, 32])

  state.answers.length = 0
  state.time += 3_600_000
  const stream = openStream(caughtUp('2'))
  state.answers.push(stream.response, obstacle, ...Array.from({ length: 12 }, () => answer))
  t.match(await takePages(pages, 1), [{ next: '2' }])
  stream.end()
  tries.splice(0, Number.POSITIVE_INFINITY, state.time)
  while (tries.length < 2) await pages.next()
  t.ok(Number(tries[1]) - Number(tries[0]) < 80_000, 'soon again, once one got through')
})

t.test('polling is possible from the start', async t => {
  const { client, state } = createFakeService(
    page('1', [put('a')], true),
    problem(401, 'access_token_expired', 'refresh'),
    page('2'),
    new TypeError('fetch failed'),
    problem(503, 'overloaded', 'retry-later', 3),
    page('3')
  )
  t.match(await takePages(client.changes({ since: '0', mode: 'poll' }), 3), [
    { next: '1', more: true },
    { next: '2' },
    { next: '3' }
  ])
  t.equal(new Set(state.requests.map(({ path }) => path)).size, 1)
  t.strictSame(state.pauses, [0, 7500, 4000, 3000 + 6000])
})

t.test('a signal ends it wherever it is', async t => {
  const reason = new Error('enough')
  await t.test('while a stream is open', async t => {
    const stream = openStream(caughtUp('1'))
    const { client, state } = createFakeService(stream.response)
    const controller = new AbortController()
    const pages = client.changes({ signal: controller.signal })
    await takePages(pages, 1)
    const next = pages.next()
    controller.abort(reason)
    await t.rejects(next, reason)
    t.equal(stream.isCancelled(), true)
    t.equal(state.limits.size, 0)
  })
  await t.test('between two pages', async t => {
    const stream = openStream(change('a', '1'))
    const { client } = createFakeService(stream.response)
    const controller = new AbortController()
    const pages = client.changes({ signal: controller.signal })
    await takePages(pages, 1)
    controller.abort(reason)
    await t.rejects(pages.next(), reason)
  })
  await t.test('while a stream is being opened', async t => {
    const controller = new AbortController()
    const stream = openStream(caughtUp('1'))
    const { client } = createFakeService(() => {
      controller.abort(reason)
      return stream.response
    })
    const pages = client.changes({ signal: controller.signal })
    await t.rejects(takePages(pages, 2), reason)
  })
  await t.test('in a pause', async t => {
    const controller = new AbortController()
    const { client, platform } = createFakeService(new TypeError('fetch failed'))
    t.ok(platform.timer)
    const pages = client.changes({ signal: controller.signal })
    const next = pages.next()
    controller.abort(reason)
    await t.rejects(next, reason)
  })
  await t.test('before it begins', async t => {
    const { client } = createFakeService()
    await t.rejects(client.changes({ signal: AbortSignal.abort(reason) }).next(), reason)
  })
})
