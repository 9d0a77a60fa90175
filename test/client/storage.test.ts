import t, { type Test } from 'tap'
import {
  createClient,
  type KeyValueStorage,
  memoryStorage,
  type StorageSource
} from '../../src/client/index.ts'
import type { Channel, Locks } from '../../src/client/platform.ts'
import { PASSWORD, serve } from '../support/service.ts'
import { ADA, advance, CHANNEL_NAME, createTestClient } from './in-process-client.ts'

const USER = { id: '1', username: 'ada', email: ADA.email }
const KEPT = { user: USER, accessToken: 'a', refreshToken: 'r', key: 'k' }

t.test('a foreign text in the storage is removed, and nobody is signed in', async t => {
  const { client, storage } = createTestClient(await serve(t))
  const strangers = [
    '',
    '{',
    '17',
    'null',
    '[]',
    '"text"',
    '<!doctype html>',
    JSON.stringify(KEPT).slice(0, -2),
    ...[
      [KEPT],
      { theme: 'dark' },
      { ...KEPT, accessToken: undefined },
      { ...KEPT, refreshToken: null },
      { ...KEPT, refreshToken: '' },
      { ...KEPT, accessToken: 'a\nb' },
      { ...KEPT, key: 'ключ' },
      { ...KEPT, key: 17 },
      { ...KEPT, key: undefined },
      { ...KEPT, user: undefined },
      { ...KEPT, user: { id: 1 } },
      { ...KEPT, user: 'ada' }
    ].map(value => JSON.stringify(value))
  ]
  for (const text of strangers) {
    storage.setItem(CHANNEL_NAME, text)
    t.equal(client.auth.user(), undefined, text)
    t.equal(storage.getItem(CHANNEL_NAME), null, 'it is gone')
  }
  await client.auth.register(ADA)
  t.match(await client.auth.me(), { username: 'ada' })
})

t.test('it signs the user out', async t => {
  const { client, state, storage } = createTestClient(await serve(t))
  await client.auth.register(ADA)
  storage.setItem(CHANNEL_NAME, '{"theme":"dark"}')
  await t.rejects(client.auth.me(), { code: 'authentication_required' })
  t.strictSame(state.signOuts, [undefined])
  t.equal(storage.getItem(CHANNEL_NAME), null)
})

t.test('an earlier item stays', async t => {
  const service = await serve(t)
  const { client, state, storage } = createTestClient(service)
  const { user, accessToken, refreshToken } = await service.signUp()
  const key = '0123456789abcdef0123456789abcdef'
  const text = JSON.stringify({ user, accessToken, refreshToken, key, more: 'of a later version' })
  storage.setItem(CHANNEL_NAME, text)
  t.strictSame(client.auth.user(), user)
  t.strictSame(await client.auth.me(), user)
  t.equal(storage.getItem(CHANNEL_NAME), text)
  advance(service, 300, state)
  t.strictSame(await client.auth.me(), user)
  t.not(storage.getItem(CHANNEL_NAME), text)
})

function forbidden(): never {
  throw Object.assign(new Error('The operation is insecure.'), { name: 'SecurityError' })
}

t.test('where storages are missing or forbidden, memory takes their place', async t => {
  const sources: Record<string, StorageSource> = {
    'whose name is forbidden': forbidden,
    'that this platform does not know': () =>
      (globalThis as unknown as { aStorage: KeyValueStorage }).aStorage,
    'that a web view has switched off': null,
    'that a web view has switched off, asked for late': () => null,
    'that can be neither read nor written': { getItem: forbidden, setItem: forbidden, removeItem: forbidden },
    'that can be read only': { getItem: () => null, setItem: forbidden, removeItem: forbidden },
    'that rejects': {
      getItem: async () => forbidden(),
      setItem: async () => forbidden(),
      removeItem: async () => forbidden()
    },
    'that reads at once, and fails to write later': {
      ...memoryStorage(),
      setItem: async () => forbidden(),
      removeItem: async () => forbidden()
    },
    'that gives what is no text': {
      ...memoryStorage(),
      getItem: () => ({}) as unknown as string
    }
  }
  for (const [name, storage] of Object.entries(sources))
    await t.test(`one ${name}`, async t => {
      const service = await serve(t)
      const { client, state } = createTestClient(service, { storage })
      await client.ready
      t.equal(client.auth.user(), undefined)
      const user = await client.auth.register(ADA)
      t.strictSame(await client.auth.me(), user)
      advance(service, 300, state)
      t.strictSame(await client.auth.me(), user)
      t.strictSame(client.auth.user(), user)
      await client.auth.logout()
      t.equal(client.auth.user(), undefined)
      t.strictSame(state.signOuts, [undefined])
    })
})

t.test('a storage that fails for a while keeps its content', async t => {
  const service = await serve(t)
  const storage = memoryStorage()
  let fails = false
  const faulty: KeyValueStorage = {
    ...storage,
    getItem: name => (fails ? forbidden() : storage.getItem(name)),
    setItem: (name, value) => (fails ? forbidden() : storage.setItem(name, value))
  }
  const { client, state } = createTestClient(service, { storage: faulty })
  const user = await client.auth.register(ADA)
  fails = true
  advance(service, 300, state)
  t.strictSame(await client.auth.me(), user)
  t.strictSame(client.auth.user(), user)
  fails = false
  t.strictSame(await client.auth.me(), user)
  t.strictSame(state.signOuts, [])
})

/** Gives a test globals of a page, until it ends. */
function withGlobals(t: Test, globals: object) {
  Object.defineProperties(globalThis, Object.getOwnPropertyDescriptors(globals))
  t.teardown(() => Object.keys(globals).map(name => Reflect.deleteProperty(globalThis, name)))
}

t.test('a page notices writes of another tab, until the client is closed', async t => {
  const page = new EventTarget()
  withGlobals(t, {
    addEventListener: page.addEventListener.bind(page),
    removeEventListener: page.removeEventListener.bind(page)
  })
  const baseUrl = 'http://127.0.0.1:1'
  const storage = memoryStorage()
  let signOuts = 0
  const client = createClient({ baseUrl, storage, onSignedOut: () => (signOuts += 1) })
  function tell(text: string) {
    storage.setItem(`latchkey ${baseUrl}`, text)
    page.dispatchEvent(new Event('storage'))
  }

  tell(JSON.stringify(KEPT))
  t.equal(signOuts, 0)
  tell('null')
  t.equal(signOuts, 1)
  tell(JSON.stringify(KEPT))
  client.close()
  tell('null')
  t.equal(signOuts, 1)
})

t.test('only clients that share a storage wait for each other', async t => {
  class Storage implements KeyValueStorage {
    #items = memoryStorage()
    getItem = this.#items.getItem
    setItem = this.#items.setItem
    removeItem = this.#items.removeItem
  }
  const [localStorage, sessionStorage] = [new Storage(), new Storage()]
  const service = await serve(t)
  const { user } = await service.signUp()

  /** The names of the lock and of the channel that a client uses. */
  async function namesOf(storage: StorageSource | undefined, options: { storageName?: string } = {}) {
    const names = { lock: '', channel: '' }
    const locks: Locks = {
      request: (name, _options, work) => {
        names.lock = name
        return work()
      }
    }
    function channel(name: string): Channel {
      names.channel = name
      return { onmessage: null, postMessage() {}, close() {} }
    }
    const { client, state } = createTestClient(service, {
      storage,
      ...options,
      platform: { locks, channel }
    } as object)
    await client.auth.login({ email: user.email, password: PASSWORD })
    advance(service, 300, state)
    await client.auth.me()
    return names
  }
  const shared = { lock: CHANNEL_NAME, channel: CHANNEL_NAME }
  t.strictSame(await namesOf(undefined), { lock: '', channel: '' }, 'memory')
  const [one, other] = [memoryStorage(), memoryStorage()]
  const names = await namesOf(one)
  t.match(names, { lock: /^latchkey http:\/\/service ./, channel: names.lock })
  t.strictSame(await namesOf(() => one), names, 'the same storage')
  t.not((await namesOf(other)).lock, names.lock, 'another storage')
  const named = { lock: `${CHANNEL_NAME} cookies`, channel: `${CHANNEL_NAME} cookies` }
  t.strictSame(await namesOf(other, { storageName: 'cookies' }), named)

  withGlobals(t, { Storage, localStorage, sessionStorage })
  t.strictSame(await namesOf(localStorage), shared)
  t.strictSame(await namesOf(() => localStorage), shared)
  t.not((await namesOf(sessionStorage)).lock, CHANNEL_NAME, 'that of one tab')
  t.not((await namesOf(sessionStorage)).lock, (await namesOf(new Storage())).lock)
  t.not((await namesOf({ ...localStorage })).lock, CHANNEL_NAME)
  withGlobals(t, {
    get localStorage() {
      return forbidden()
    }
  })
  t.not((await namesOf(localStorage)).lock, CHANNEL_NAME)
})

t.test('where channels are forbidden there are none, and a closed one is not used', async t => {
  const { BroadcastChannel } = globalThis
  t.teardown(() => Object.assign(globalThis, { BroadcastChannel }))
  Object.assign(globalThis, { BroadcastChannel: forbidden })
  const baseUrl = 'http://127.0.0.1:1'
  const storage = memoryStorage()
  const client = createClient({ baseUrl, storage })
  storage.setItem(`latchkey ${baseUrl}`, JSON.stringify(KEPT))
  t.strictSame(client.auth.user(), USER)
  client.close()

  let isOpen = true
  const channel = (): Channel => ({
    onmessage: null,
    postMessage: () => t.ok(isOpen),
    close: () => {
      isOpen = false
    }
  })
  const { client: closed } = createTestClient(await serve(t), { platform: { channel } })
  closed.close()
  t.match(await closed.auth.register(ADA), { username: 'ada' })
  await closed.auth.logout()
})

t.test('where nothing makes keys, that is said before anything is done', async t => {
  const { crypto } = globalThis
  t.teardown(() => Object.defineProperty(globalThis, 'crypto', { value: crypto, configurable: true }))
  for (const value of [undefined, {}]) {
    Object.defineProperty(globalThis, 'crypto', { value, configurable: true })
    t.throws(() => createClient({ baseUrl: 'http://service' }), {
      message: 'crypto.getRandomValues is missing. Load a polyfill before, or give platform.newKey.'
    })
    createClient({ baseUrl: 'http://service', platform: { newKey: () => 'k' } })
  }
})
