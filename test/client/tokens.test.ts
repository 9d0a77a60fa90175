import t from 'tap'
import { type KeyValueStorage, memoryStorage } from '../../src/client/index.ts'
import type { Channel } from '../../src/client/platform.ts'
import { serve } from '../support/service.ts'
import { ADA, advance, CHANNEL_NAME, createTestClient } from './in-process-client.ts'
import { createSharedStorage } from './simulation/shared-storage.ts'

const refreshes = (sent: string[]) => sent.filter(line => line.endsWith('/refresh')).length

t.test('[RACE] any number of calls refresh once, before the service has to refuse one', async t => {
  const service = await serve(t)
  const { client, state } = createTestClient(service)
  await client.auth.register(ADA)
  advance(service, 300, state)
  state.sent.length = 0
  await Promise.all(Array.from({ length: 20 }, () => client.auth.me()))
  t.equal(refreshes(state.sent), 1)
  t.equal(state.sent.length, 21)
})

t.test('after a reload the service says when the token has run out', async t => {
  const service = await serve(t)
  const { client, storage } = createTestClient(service)
  const user = await client.auth.register(ADA)
  const { client: reloaded, state } = createTestClient(service, { storage })
  t.strictSame(await reloaded.auth.me(), user)
  advance(service, 300)
  await Promise.all([reloaded.auth.me(), reloaded.auth.me()])
  t.equal(refreshes(state.sent), 1)
})

t.test('a clock that runs ahead does no harm', async t => {
  const service = await serve(t)
  const { client, state } = createTestClient(service)
  await client.auth.register(ADA)
  state.time += 3_600_000
  await client.auth.me()
  await client.auth.me()
  t.equal(refreshes(state.sent), 1, 'it has learned for how long the token lives')
  state.hook = async () =>
    new Response('{"code":"access_token_not_expired"}', {
      status: 409,
      headers: { 'content-type': 'application/problem+json' }
    })
  state.time += 3_600_000
  await t.rejects(client.auth.me(), { code: 'access_token_not_expired' })
})

t.test('[LOST] the answer to a change of the password', async t => {
  const service = await serve(t)
  const { client, state } = createTestClient(service)
  await client.auth.register(ADA)
  state.hook = async (_url, _init, pass) => {
    await pass()
    throw new TypeError('the answer is lost')
  }
  const change = { currentPassword: ADA.password, newPassword: 'battery staple, correct horse' }
  await t.rejects(client.auth.changePassword(change), { message: 'the answer is lost' })
  state.hook = (_url, _init, pass) => pass()
  service.clock.advance(60)
  t.match(await client.auth.me(), { username: 'ada' })
  t.strictSame(state.signOuts, [])
  await client.auth.logout()
  await t.rejects(client.auth.changePassword(change), { code: 'authentication_required' })
})

t.test('[LOST] a refresh is not repeated once others have got further', async t => {
  const service = await serve(t)
  const storage = memoryStorage()
  const other = createTestClient(service, { storage })
  /** What happens while the first tab waits to repeat its refresh. */
  let meanwhile = async () => {}
  const one = createTestClient(service, { storage, platform: { sleep: () => meanwhile() } })
  const user = await one.client.auth.register(ADA)
  await other.client.auth.me()
  advance(service, 300, one.state, other.state)

  one.state.sent.length = 0
  one.state.hook = async (_url, _init, pass) => {
    one.state.hook = (_url, _init, pass) => pass()
    await pass()
    throw new TypeError('the answer is lost')
  }
  meanwhile = async () => {
    await other.client.auth.me()
    advance(service, 300, one.state, other.state)
    await other.client.auth.me()
  }
  t.strictSame(await one.client.auth.me(), user)
  t.strictSame(one.state.sent, ['POST /api/auth/refresh', 'GET /api/auth/me'])
  t.strictSame([one.state.signOuts, other.state.signOuts], [[], []])

  // Nor is it once somebody has signed out.
  advance(service, 300, one.state, other.state)
  one.state.hook = async (url, _init, pass) => {
    if (url.endsWith('/refresh')) throw new TypeError('the request is lost')
    return pass()
  }
  meanwhile = () => other.client.auth.logout()
  one.state.sent.length = 0
  await t.rejects(one.client.auth.me(), { code: 'authentication_required' })
  t.strictSame(one.state.sent, ['GET /api/auth/me', 'POST /api/auth/refresh', 'GET /api/auth/me'])
  t.equal(storage.getItem(CHANNEL_NAME), null)
})

t.test('a pair that another holder has just used up', async t => {
  /** Somebody refreshes without the key of the tabs. */
  async function overtaken() {
    const service = await serve(t)
    const { client, state, storage } = createTestClient(service)
    await client.auth.register(ADA)
    advance(service, 300, state)
    const kept = JSON.parse(`${storage.getItem(CHANNEL_NAME)}`)
    const { body } = await service.refresh(kept)
    return { service, client, state, storage, next: JSON.stringify({ ...kept, ...body, key: 'k' }) }
  }

  t.test('is waited for, and adopted from the storage', async t => {
    const { client, state, storage, next } = await overtaken()
    state.pauses.push = duration => {
      storage.setItem(CHANNEL_NAME, next)
      return duration
    }
    t.match(await client.auth.me(), { username: 'ada' })
    t.equal(refreshes(state.sent), 1)
  })

  t.test('that never comes is not waited for without end', async t => {
    const { client, state } = await overtaken()
    await t.rejects(client.auth.me(), { code: 'refresh_token_used', action: 'use-latest' })
    t.equal(refreshes(state.sent), 6)
    t.ok(client.auth.user())
  })

  t.test('[R9700-4.14.2b] and, late, ends the session: each is notified once', async t => {
    const { service, client, state, storage } = await overtaken()
    service.clock.advance(11)
    const calls = await Promise.allSettled([client.auth.me(), client.todos.list(), client.auth.me()])
    for (const call of calls) t.match(call, { status: 'rejected', reason: { code: 'refresh_token_used' } })
    t.strictSame(state.signOuts, ['refresh_token_used'])
    t.equal(storage.getItem(CHANNEL_NAME), null)
    await t.rejects(client.auth.me(), { code: 'authentication_required' })
    t.strictSame(state.signOuts, ['refresh_token_used'])
  })

  t.test('does not matter if somebody has signed in meanwhile', async t => {
    const { service, client, state, storage, next } = await overtaken()
    service.clock.advance(11)
    state.hook = async (_url, _init, pass) => {
      const response = await pass()
      storage.setItem(CHANNEL_NAME, next)
      return response
    }
    await t.rejects(client.auth.me(), { code: 'access_token_revoked' })
    t.strictSame(state.signOuts, ['access_token_revoked'])
  })
})

t.test('a session that was ended elsewhere', async t => {
  const service = await serve(t)
  const { client, state, storage } = createTestClient(service)
  await client.auth.register(ADA)
  const { accessToken: token } = JSON.parse(`${storage.getItem(CHANNEL_NAME)}`)
  await service.call('POST', '/api/auth/logout', { token })
  await t.rejects(client.auth.me(), { code: 'access_token_revoked', action: 'sign-in' })
  t.strictSame(state.signOuts, ['access_token_revoked'])
  t.equal(client.auth.user(), undefined)
})

t.test('a service that refuses whatever it is sent is not asked without end', async t => {
  const service = await serve(t)
  const { client, state } = createTestClient(service)
  await client.auth.register(ADA)
  const refusal = { code: 'access_token_stale', action: 'refresh' }
  state.hook = async (url, _init, pass) =>
    url.endsWith('/refresh')
      ? pass()
      : new Response(JSON.stringify(refusal), {
          status: 401,
          headers: { 'content-type': 'application/problem+json' }
        })
  await t.rejects(client.auth.me(), refusal)
  t.equal(refreshes(state.sent), 3)
})

t.test('nothing is ever done in the name of another user', async t => {
  const service = await serve(t)
  const { client, state, storage } = createTestClient(service)
  await client.auth.register(ADA)
  const other = await service.signUp()
  advance(service, 300, state)
  // While it refreshes, another tab signs somebody else in.
  state.hook = async (_url, _init, pass) => {
    storage.setItem(CHANNEL_NAME, JSON.stringify({ ...other, key: 'k' }))
    return pass()
  }
  await t.rejects(client.todos.create({ title: 'Mine' }), { code: 'authentication_required' })
  t.strictSame(state.signOuts, [undefined], 'who was signed in no longer is')
  t.strictSame(client.auth.user(), other.user)
})

t.test('a storage that cannot be written to is made up for by memory', async t => {
  const service = await serve(t)
  const storage: KeyValueStorage = {
    ...memoryStorage(),
    setItem() {
      throw new Error('QuotaExceededError')
    }
  }
  const { client, state } = createTestClient(service, { storage })
  await client.auth.register(ADA)
  advance(service, 300, state)
  t.match(await client.auth.me(), { username: 'ada' })
  await client.auth.logout()
  t.equal(client.auth.user(), undefined)
})

t.test('a foreign text in the storage counts as nothing', async t => {
  const { client, storage } = createTestClient(await serve(t))
  for (const text of ['{', '17', '{"accessToken":"x"}']) {
    storage.setItem(CHANNEL_NAME, text)
    t.equal(client.auth.user(), undefined)
  }
})

/** Channels of one name, each of which gets the messages of the others at once. */
function channels() {
  const open = new Set<Channel>()
  const channel = (): Channel => {
    const ours: Channel = {
      onmessage: null,
      close: () => open.delete(ours),
      postMessage: data => {
        for (const other of open) if (other !== ours) other.onmessage?.({ data })
      }
    }
    open.add(ours)
    return ours
  }
  return { channel, open }
}

t.test('tabs hear of each other', async t => {
  const service = await serve(t)
  const storage = memoryStorage()
  const { channel, open } = channels()
  const one = createTestClient(service, { storage, platform: { channel } })
  const other = createTestClient(service, { storage, platform: { channel } })
  const user = await one.client.auth.register(ADA)
  t.strictSame(await other.client.auth.me(), user)
  advance(service, 300, one.state, other.state)
  await other.client.auth.me()
  t.strictSame(other.state.sent.slice(1), ['POST /api/auth/refresh', 'GET /api/auth/me'], 'it knew the time')
  await one.client.auth.me()
  t.equal(refreshes(one.state.sent), 0, 'the pair of the other tab is adopted')

  await one.client.auth.logout()
  t.strictSame([one.state.signOuts, other.state.signOuts], [[undefined], [undefined]])
  other.client.close()
  t.equal(open.size, 1)
})

t.test('a tab hears of a sign-out that it can read only later', async t => {
  const service = await serve(t)
  const { channel } = channels()
  const { open } = createSharedStorage()
  const late: (() => void)[] = []
  const arrive = () => {
    for (const update of late.splice(0)) update()
  }
  const [here, there] = [open(() => {}), open(update => late.push(update))]
  const one = createTestClient(service, { storage: here.storage, platform: { channel } })
  const { storage, onStored, listeners } = there
  const other = createTestClient(service, { storage, platform: { channel, onStored } })
  const user = await one.client.auth.register(ADA)
  arrive()
  t.strictSame(other.client.auth.user(), user)

  await one.client.auth.logout()
  t.strictSame(other.state.signOuts, [], 'it has the message, and the storage as it was')
  arrive()
  t.strictSame(other.state.signOuts, [undefined])
  other.client.close()
  t.equal(listeners.size, 0)
})
