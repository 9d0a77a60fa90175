import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { memoryStorage } from '../../src/client/index.ts'
import type { Channel } from '../../src/client/platform.ts'
import { PASSWORD, serve } from '../support/service.ts'
import { ADA, advance, CHANNEL_NAME, createTestClient } from './in-process-client.ts'

/** A storage that answers later: in the next turn, or as late as a test wants. */
function laterStorage() {
  const stored = memoryStorage()
  const state = {
    /** What goes on at the moment, and the most that ever has. */
    running: 0,
    mostRunning: 0,
    reads: 0,
    written: [] as string[],
    /** Until when what has begun goes on. */
    until: undefined as Promise<void> | undefined
  }
  async function later<Result>(work: () => Result): Promise<Result> {
    state.running += 1
    state.mostRunning = Math.max(state.mostRunning, state.running)
    // It reads what stands there now, and tells it later.
    const result = work()
    await (state.until ?? turn())
    state.running -= 1
    return result
  }
  const storage = {
    getItem(name: string) {
      state.reads += 1
      return later(() => stored.getItem(name))
    },
    setItem(name: string, value: string) {
      state.written.push(JSON.parse(value).refreshToken)
      return later(() => stored.setItem(name, value))
    },
    removeItem: (name: string) => later(() => stored.removeItem(name))
  }
  return { storage, stored, state }
}

/** Holds on to something until it is let go. */
function held() {
  let release = () => {}
  const until = new Promise<void>(resolve => {
    release = resolve
  })
  return { until, release }
}

t.test('a storage that answers later, from the first day to the last', async t => {
  const service = await serve(t)
  const { storage, stored, state } = laterStorage()
  const { client } = createTestClient(service, { storage })
  const user = await client.auth.register(ADA)
  t.strictSame(
    JSON.parse(`${stored.getItem(CHANNEL_NAME)}`).user,
    user,
    'it has the pair when the call has its answer'
  )

  const early = createTestClient(service, { storage })
  t.strictSame(await early.client.auth.me(), user, 'a call waits until it was read')

  const reloaded = createTestClient(service, { storage })
  t.equal(reloaded.client.auth.user(), undefined, 'it was not read yet')
  await reloaded.client.ready
  t.strictSame(reloaded.client.auth.user(), user)
  advance(service, 300, reloaded.state)
  await reloaded.client.auth.rename('countess')
  t.match(JSON.parse(`${stored.getItem(CHANNEL_NAME)}`).user, { username: 'countess' })
  t.match(await client.auth.me(), { username: 'countess' }, 'what another client has stored is read')
  await client.auth.logout()
  t.equal(stored.getItem(CHANNEL_NAME), null)
  await t.rejects(reloaded.client.auth.me(), { code: 'authentication_required' })
  t.strictSame(reloaded.state.signOuts, [undefined])
  t.equal(state.mostRunning, 1, 'one thing after another')
})

t.test('[RACE] any number of calls read once, and refresh once', async t => {
  const service = await serve(t)
  const { storage, stored, state } = laterStorage()
  const { client, state: network } = createTestClient(service, { storage })
  await client.auth.register(ADA)
  advance(service, 300, network)
  network.sent.length = 0
  state.reads = 0
  await Promise.all(Array.from({ length: 20 }, () => client.auth.me()))
  t.equal(network.sent.filter(line => line.endsWith('/refresh')).length, 1)
  t.ok(state.reads < 10, `${state.reads} reads`)
  t.equal(state.written.at(-1), JSON.parse(`${stored.getItem(CHANNEL_NAME)}`).refreshToken)
  t.equal(state.mostRunning, 1)
})

t.test('a read that began before a sign-in does not undo it', async t => {
  const service = await serve(t)
  const { storage, stored, state } = laterStorage()
  const { until, release } = held()
  state.until = until
  const { client, state: network } = createTestClient(service, { storage })
  const registering = client.auth.register(ADA)
  while (!client.auth.user()) await turn()
  state.until = undefined
  release()
  const user = await registering
  t.strictSame(client.auth.user(), user)
  t.strictSame(await client.auth.me(), user)
  t.strictSame(JSON.parse(`${stored.getItem(CHANNEL_NAME)}`).user, user)
  t.strictSame(network.signOuts, [])
})

t.test('writes keep their order', async t => {
  const service = await serve(t)
  const { user } = await service.signUp()
  const { storage, stored, state } = laterStorage()
  const { client } = createTestClient(service, { storage })
  await client.ready
  const { until, release } = held()
  state.until = until
  const body = { email: user.email, password: PASSWORD }
  const entering = [client.auth.login(body), client.auth.login(body), client.auth.login(body)]
  while (state.written.length === 0) await turn()
  const leaving = client.auth.logout()
  state.until = undefined
  release()
  await Promise.all([...entering, leaving])
  t.equal(state.mostRunning, 1)
  t.equal(client.auth.user() === undefined, stored.getItem(CHANNEL_NAME) === null, 'memory and storage agree')
  await client.auth.login(body)
  t.equal(state.written.at(-1), JSON.parse(`${stored.getItem(CHANNEL_NAME)}`).refreshToken)
})

t.test('a sign-out before the storage was read ends the session that stands in it', async t => {
  const service = await serve(t)
  const { storage, stored } = laterStorage()
  const { client } = createTestClient(service, { storage })
  const user = await client.auth.register(ADA)
  const { accessToken: token } = JSON.parse(`${stored.getItem(CHANNEL_NAME)}`)
  const reloaded = createTestClient(service, { storage })
  await reloaded.client.auth.logout()
  t.equal(stored.getItem(CHANNEL_NAME), null)
  t.match(await service.call('GET', '/api/auth/me', { token }), { body: { code: 'access_token_revoked' } })
  t.ok(user)
})

t.test('a call that is made for one user is not carried out for another', async t => {
  const service = await serve(t)
  const { storage, stored } = laterStorage()
  const { client, state } = createTestClient(service, { storage })
  await client.auth.register(ADA)
  const other = await service.signUp()
  stored.setItem(CHANNEL_NAME, JSON.stringify({ ...other, key: 'k' }))
  await t.rejects(client.todos.create({ title: 'Mine' }), { code: 'authentication_required' })
  t.strictSame(state.signOuts, [undefined])
  t.strictSame(client.auth.user(), other.user)
  t.strictSame(await client.auth.me(), other.user)
})

t.test('a foreign text is removed, and a write in between is seen', async t => {
  const service = await serve(t)
  const { storage, stored, state } = laterStorage()
  const { client, state: network } = createTestClient(service, { storage })
  stored.setItem(CHANNEL_NAME, '{"theme":"dark"}')
  await t.rejects(client.auth.me(), { code: 'authentication_required' })
  await t.rejects(client.auth.me(), { code: 'authentication_required' })
  t.equal(stored.getItem(CHANNEL_NAME), null)

  await client.auth.register(ADA)
  const other = await service.signUp()
  const { until, release } = held()
  state.until = until
  const entering = client.auth.login({ email: ADA.email, password: ADA.password })
  while (state.running === 0) await turn()
  // Somebody else signs in after this client has written, and before the client notices.
  stored.setItem(CHANNEL_NAME, JSON.stringify({ ...other, key: 'k' }))
  state.until = undefined
  release()
  await entering
  t.strictSame(client.auth.user(), other.user)
  t.strictSame(network.signOuts, [undefined])
})

t.test('tabs that share it by a name hear of each other', async t => {
  const service = await serve(t)
  const { storage } = laterStorage()
  const channels = new Set<Channel>()
  function channel(): Channel {
    const ours: Channel = {
      onmessage: null,
      close: () => channels.delete(ours),
      postMessage: data => {
        for (const other of channels) if (other !== ours) other.onmessage?.({ data })
      }
    }
    channels.add(ours)
    return ours
  }
  const options = { storage, storageName: 'IndexedDB', platform: { channel } }
  const [one, other] = [createTestClient(service, options), createTestClient(service, options)]
  await other.client.ready
  const user = await one.client.auth.register(ADA)
  while (!other.client.auth.user()) await turn()
  t.strictSame(other.client.auth.user(), user)
  await one.client.auth.logout()
  while (other.client.auth.user()) await turn()
  t.strictSame(other.state.signOuts, [undefined])
})
