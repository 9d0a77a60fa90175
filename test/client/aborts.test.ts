import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { type Client, createClient, memoryStorage, type Platform } from '../../src/client/index.ts'
import { createPlatform } from '../../src/client/platform.ts'
import { BASE_URL, json, page, problem, STORED, USER } from './changes/fake-service.ts'

const REASON = new Error('enough')
const PAIR = { accessToken: 'a1', refreshToken: 'r1', expiresIn: 300, user: USER }
const expired = () => problem(401, 'access_token_expired', 'refresh')

/** Something that lasts until it is ended. */
function createWait() {
  let end = () => {}
  const ended = new Promise<void>(resolve => {
    end = resolve
  })
  return { ended, end }
}

/** A client of a service that a test plays, signed in; its pauses last until a test ends them. */
function createWaitingClient(answer: (path: string) => Response | Promise<Response>, options = {}) {
  const storage = memoryStorage()
  storage.setItem(STORED, JSON.stringify({ user: USER, accessToken: 'a0', refreshToken: 'r0', key: 'k0' }))
  const sent: string[] = []
  const pauses: { duration: number; signal: AbortSignal | undefined; end: () => void }[] = []
  const platform: Partial<Platform> = {
    async fetch(url, init) {
      sent.push(`${init.method} ${url.replace(BASE_URL, '')}`)
      return answer(url.replace(BASE_URL, ''))
    },
    random: () => 0,
    sleep(duration, signal) {
      const { ended, end } = createWait()
      pauses.push({ duration, signal, end })
      return ended
    },
    locks: undefined,
    channel: undefined
  }
  const client = createClient({ baseUrl: BASE_URL, storage, platform, ...options })
  return { client, sent, pauses }
}

/** Calls of each kind that waits. */
const CALLS: Record<string, (client: Client, signal: AbortSignal) => Promise<unknown>> = {
  'a read': ({ todos }, signal) => todos.get('1', { signal }),
  'a list': ({ todos }, signal) => todos.all({}, { signal }).next(),
  'a create': ({ todos }, signal) => todos.create({ title: 'a' }, { signal }),
  'a batch': ({ todos }, signal) => todos.batch([{ op: 'delete', id: '1' }], { signal }),
  'an import': ({ todos }, signal) => todos.import('{"title":"a"}', { signal }),
  'a page of changes': ({ listChanges }, signal) => listChanges({}, { signal })
}

const REFUSALS: Record<string, () => Response> = {
  'a 429': () => problem(429, 'rate_limited', 'retry-later', 20),
  'a 503': () => problem(503, 'overloaded', 'retry-later', 20),
  'a 502 of a gateway': () => new Response('', { status: 502, headers: { 'retry-after': '20' } })
}

for (const [kind, call] of Object.entries(CALLS))
  for (const [refusal, refuse] of Object.entries(REFUSALS))
    t.test(`a signal ends the wait of ${kind} after ${refusal}`, async t => {
      const { client, sent, pauses } = createWaitingClient(refuse)
      const controller = new AbortController()
      const result = call(client, controller.signal)
      while (pauses.length === 0) await turn()
      controller.abort(REASON)
      await t.rejects(result, REASON)
      t.match(pauses, [{ duration: 20_000, signal: { aborted: true } }])
      pauses[0]?.end()
      for (let turns = 0; turns < 5; turns++) await turn()
      t.equal(sent.length, 1, 'nothing is sent afterwards')
    })

t.test('a signal ends the wait for a refresh, which others still wait for', async t => {
  const refresh = createWait()
  let isRefreshed = false
  const { client, sent, pauses } = createWaitingClient(async path => {
    if (path !== '/api/auth/refresh') return isRefreshed ? page('1') : expired()
    await refresh.ended
    isRefreshed = true
    return json(PAIR)
  })
  const controller = new AbortController()
  const given = client.listChanges({}, { signal: controller.signal })
  const other = client.listChanges()
  while (!sent.includes('POST /api/auth/refresh')) await turn()
  controller.abort(REASON)
  await t.rejects(given, REASON)
  refresh.end()
  t.match(await other, { next: '1' })
  t.equal(sent.filter(request => request === 'POST /api/auth/refresh').length, 1)
  t.strictSame(pauses, [])
})

t.test('a signal ends the pauses of a refresh', async t => {
  const { client, pauses } = createWaitingClient(path =>
    path === '/api/auth/refresh' ? problem(503, 'overloaded', 'retry-later', 20) : expired()
  )
  const controller = new AbortController()
  const call = client.listChanges({}, { signal: controller.signal })
  while (pauses.length === 0) await turn()
  controller.abort(REASON)
  await t.rejects(call, REASON)
  t.match(pauses, [{ duration: 20_000, signal: undefined }], 'the refresh is of all calls')
})

t.test('a signal ends the wait for another tab', async t => {
  const { client, sent } = createWaitingClient(expired, {
    storageName: 'shared',
    platform: {
      fetch: async () => expired(),
      locks: { request: () => new Promise(() => {}) },
      timer: () => () => {}
    }
  })
  const controller = new AbortController()
  const call = client.listChanges({}, { signal: controller.signal })
  for (let turns = 0; turns < 5; turns++) await turn()
  controller.abort(REASON)
  await t.rejects(call, REASON)
  t.strictSame(sent, [])
})

t.test('a signal ends the wait for a storage', async t => {
  const storage = { getItem: () => new Promise<null>(() => {}), setItem() {}, removeItem() {} }
  const begins: (typeof CALLS)[string][] = [
    ({ todos }, signal) => todos.get('1', { signal }),
    ({ changes }, signal) => changes({ signal }).next()
  ]
  for (const begin of begins) {
    const { client, sent } = createWaitingClient(expired, { storage })
    const controller = new AbortController()
    const call = begin(client, controller.signal)
    for (let turns = 0; turns < 5; turns++) await turn()
    controller.abort(REASON)
    await t.rejects(call, REASON)
    t.strictSame(sent, [])
  }
})

t.test('a signal ends the pause between two polls', async t => {
  const { client, sent } = createWaitingClient(() => page('1'))
  const controller = new AbortController()
  const pages = client.changes({ signal: controller.signal, mode: 'poll' })
  t.match(await pages.next(), { value: { next: '1' } })
  const next = pages.next()
  for (let turns = 0; turns < 5; turns++) await turn()
  controller.abort(REASON)
  await t.rejects(next, REASON)
  t.equal(sent.length, 1)
})

t.test('with a signal that has aborted nothing is sent', async t => {
  const { client, sent } = createWaitingClient(expired)
  for (const reason of [REASON, null, 'stop', new DOMException('too late', 'TimeoutError')])
    for (const call of Object.values(CALLS)) {
      const error = await call(client, AbortSignal.abort(reason)).catch(error => error)
      t.equal(error, reason)
    }
  t.strictSame(sent, [])
})

t.test('an old browser knows no reason', async t => {
  const signal = Object.assign(new EventTarget(), { aborted: true }) as AbortSignal
  const { client } = createWaitingClient(expired)
  await t.rejects(client.todos.get('1', { signal }), {
    name: 'AbortError',
    message: 'The call was aborted.'
  })
})

t.test('what is given up leaves no timer behind, which would keep a program alive', async t => {
  const { sleep } = createPlatform({})
  const countTimers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const before = countTimers()
  const controller = new AbortController()
  const pause = sleep(60_000, controller.signal)
  t.equal(countTimers(), before + 1)
  controller.abort(REASON)
  await pause
  t.equal(countTimers(), before)
  await sleep(0)
  await sleep(0, new AbortController().signal)
})
