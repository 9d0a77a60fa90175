import 'fake-indexeddb/auto'
import t from 'tap'
import {
  createReplica,
  indexedDbStorage,
  memoryStorage,
  type ReplicaStorage
} from '../../../src/client/replica/index.ts'
import { createReplicaPlatform } from '../../../src/client/replica/platform.ts'
import {
  createBrowser,
  createFakeClient,
  openReplica,
  pageOf,
  put,
  settle,
  todo,
  until
} from './fake-client.ts'
import { PROBLEM } from './problems.ts'

const record = (id: string) => ({ kind: 'todo', todo: todo(id), generation: 0 }) as const

t.test('a storage keeps what is written, all or nothing', async t => {
  let name = ''
  const storages: [string, () => ReplicaStorage][] = [
    ['memory', memoryStorage],
    ['IndexedDB', () => indexedDbStorage(name)]
  ]
  for (const [kind, open] of storages)
    await t.test(kind, async t => {
      name = `db of ${kind}`
      const storage = open()
      const read = async (from = storage) => [...(await from.load())].sort(([a], [b]) => (a < b ? -1 : 1))
      t.strictSame(await read(), [])
      await storage.write([
        ['b', record('1')],
        ['a', record('2')],
        ['c', record('3')]
      ])
      await storage.write([
        ['c', undefined],
        ['a', record('4')],
        ['z', undefined],
        ['d', record('5')],
        ['d', undefined]
      ])
      const expected = [
        ['a', record('4')],
        ['b', record('1')]
      ]
      t.strictSame(await read(), expected)
      if (kind === 'memory') return
      t.strictSame(await read(open()), expected, 'a second tab sees the same')
      const unclonable = { ...record('6'), todo: () => {} } as unknown as ReturnType<typeof record>
      await t.rejects(
        storage.write([
          ['a', undefined],
          ['x', unclonable]
        ])
      )
      t.strictSame(await read(), expected)
      t.equal(storage.sharedName, name)
    })
})

t.test('a database that fails is opened anew', async t => {
  type Begin = (...args: unknown[]) => { abort(): void }
  type Opening = { result: { onclose(): void; transaction: Begin } }
  const { indexedDB } = globalThis as unknown as { indexedDB: { open(name: string): Opening } }
  const { open } = indexedDB
  const openings: Opening[] = []
  t.teardown(() => {
    indexedDB.open = open
  })
  const storage = indexedDbStorage('failing')
  indexedDB.open = () => {
    throw new Error('no storage here')
  }
  await t.rejects(storage.load(), { message: 'no storage here' })
  const failure = { result: undefined, error: new Error('too little space'), onerror() {} }
  indexedDB.open = () => {
    setImmediate(() => failure.onerror())
    return failure as unknown as Opening
  }
  await t.rejects(storage.load(), { message: 'too little space' })
  indexedDB.open = name => {
    const opening = open.call(indexedDB, name)
    openings.push(opening)
    return opening
  }
  await storage.write([['a', record('1')]])
  t.equal([...(await storage.load())].length, 1)
  t.equal(openings.length, 1)
  const { result } = openings[0] as Opening
  const { transaction } = result
  result.transaction = (...args) => {
    const begun = transaction.apply(result, args)
    queueMicrotask(() => queueMicrotask(() => begun.abort()))
    return begun
  }
  await t.rejects(storage.write([['a', undefined]]), 'a write that is undone, as when the disk is full')
  result.transaction = transaction
  result.onclose()
  t.equal([...(await storage.load())].length, 1)
  t.equal(openings.length, 2, 'also when the browser has closed it')
})

t.test('another tab may delete or upgrade the database', async t => {
  interface Request {
    result: { version: number; close(): void }
    onsuccess(): void
    onerror(): void
    onblocked(): void
  }
  const { indexedDB } = globalThis as unknown as {
    indexedDB: { open(name: string, version: number): Request; deleteDatabase(name: string): Request }
  }
  const finish = (request: Request) =>
    new Promise<Request['result']>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = reject
      request.onblocked = () => reject(new Error('It is blocked.'))
    })
  const ids = async (storage: ReplicaStorage) => Array.from(await storage.load(), ([name]) => name)
  const name = 'shared by tabs'
  const storages = [indexedDbStorage(name), indexedDbStorage(name)] as const
  const [storage, other] = storages
  await storage.write([['a', record('1')]])
  t.strictSame(await ids(other), ['a'])

  const writing = other.write([['b', record('2')]])
  const upgraded = await finish(indexedDB.open(name, 2))
  await writing
  t.equal(upgraded.version, 2)
  upgraded.close()
  for (const each of storages) t.strictSame(await ids(each), ['a', 'b'], 'what was being written is kept')

  await finish(indexedDB.deleteDatabase(name))
  const afterwards = [storage.write([['c', record('3')]]), other.write([['d', record('4')]])]
  await Promise.all(afterwards)
  for (const each of storages) t.strictSame(await ids(each), ['c', 'd'], 'the next use makes it anew')
  await finish(indexedDB.deleteDatabase(name))
})

t.test('a replica goes on when another tab deletes its database', async t => {
  const { locks, channel } = createBrowser()
  const name = 'deleted meanwhile'
  const fake = createFakeClient()
  fake.pages.push(pageOf('1', 'a'))
  const storage = indexedDbStorage(name)
  const { replica } = await openReplica(t, fake, { storage, platform: { locks, channel } })
  await until(() => replica.status().isComplete)
  const { indexedDB } = globalThis as unknown as {
    indexedDB: { deleteDatabase(name: string): { onsuccess(): void } }
  }
  await new Promise<void>(resolve => {
    indexedDB.deleteDatabase(name).onsuccess = resolve
  })
  await replica.todos.create({ title: 'b' })
  await until(() => replica.status().pendingEdits === 0)
  t.match(replica.todos.list(), [{ title: 'a' }, { title: 'b' }])
})

t.test('a replica in IndexedDB survives a reload', async t => {
  const { locks, channel } = createBrowser()
  const fake = createFakeClient()
  fake.pages.push(pageOf('1', 'a'))
  fake.state.answer = () => {
    throw new TypeError('fetch failed')
  }
  const options = () => ({ storage: indexedDbStorage('replica'), platform: { locks, channel } })
  const first = await openReplica(t, fake, options())
  await until(() => first.replica.status().isComplete)
  await first.replica.todos.create({ title: 'b' })
  await first.replica.close()
  const { replica } = await openReplica(t, createFakeClient(), options())
  t.match(replica.todos.list(), [{ title: 'a' }, { title: 'b' }])
  await until(() => replica.status().pendingEdits === 0)
})

t.test('an edit that cannot be stored is taken back', async t => {
  const memory = memoryStorage()
  let isFull = false
  const storage: ReplicaStorage = {
    load: memory.load,
    async write(writes) {
      if (isFull) throw new Error('The disk is full.')
      await memory.write(writes)
    }
  }
  const fake = createFakeClient()
  fake.pages.push(pageOf('1', 'a'))
  const { replica } = await openReplica(t, fake, { storage })
  await until(() => replica.status().isComplete)
  isFull = true
  const editing = replica.todos.patch('a', { title: 'mine' })
  const other = replica.todos.patch('a', { done: true })
  t.match(replica.todos.get('a'), { title: 'mine', done: true })
  await t.rejects(editing, { message: 'The disk is full.' })
  await t.rejects(other, { message: 'The disk is full.' })
  t.match(replica.todos.get('a'), { title: 'a', done: false })
  t.strictSame(fake.state.sent, [])

  fake.pages.push(pageOf('2', 'b'))
  await until(() => !fake.state.isFollowing)
  isFull = false
  fake.pages.push(pageOf('2', 'b'))
  await until(() => replica.todos.list().length === 2)
  await replica.todos.patch('a', { title: 'mine' })
  await until(() => replica.status().pendingEdits === 0)
})

t.test('only what is stored is sent', async t => {
  const memory = memoryStorage()
  const releases: (() => void)[] = []
  const storage: ReplicaStorage = {
    load: memory.load,
    async write(writes) {
      if (writes.some(([, written]) => written?.kind === 'edit'))
        await new Promise<void>(resolve => {
          releases.push(resolve)
        })
      await memory.write(writes)
    }
  }
  const fake = createFakeClient()
  const { replica } = await openReplica(t, fake, { storage })
  const first = replica.todos.create({ title: 'a' })
  const second = replica.todos.create({ title: 'b' })
  await settle()
  t.strictSame(fake.state.sent, [])
  releases[0]?.()
  await first
  await until(() => releases.length === 2)
  releases[1]?.()
  await second
  await until(() => replica.status().pendingEdits === 0)
  t.match(
    fake.state.sent.flatMap(({ operations }) => operations),
    [{ todo: { title: 'a' } }, { todo: { title: 'b' } }]
  )
})

t.test('a storage that cannot be read', async t => {
  const { locks, channel, channels } = createBrowser()
  const storage: ReplicaStorage = {
    sharedName: 'todos',
    load: async () => {
      throw new Error('no storage here')
    },
    write: async () => {}
  }
  await t.rejects(
    createReplica({ client: createFakeClient().client, storage, platform: { locks, channel } }),
    {
      message: 'no storage here'
    }
  )
  t.equal(channels.size, 0)
})

t.test('a batch whose edits are gone is given up', async t => {
  const storage = memoryStorage()
  await storage.write([
    ['copy', { kind: 'copy', userId: 'ada', generation: 0, isComplete: false }],
    ['batch', { kind: 'batch', idempotencyKey: 'k', edits: ['edit 1 x'] }],
    ['edit 2 x', { kind: 'edit', operation: { op: 'create', todo: { id: 'a', title: 'a' } }, at: '' }],
    ['todo b', { kind: 'todo', todo: todo('b'), generation: 0 }]
  ])
  const fake = createFakeClient()
  const { answer } = fake.state
  fake.state.answer = sent => {
    if (sent.operations.length === 0) throw PROBLEM.invalid()
    return answer(sent)
  }
  const { replica } = await openReplica(t, fake, { storage })
  await until(() => replica.status().pendingEdits === 0)
  t.match(replica.todos.list(), [put('a').todo ? { id: 'a' } : {}, { id: 'b' }])
})

t.test('the platform has all that a replica needs', async t => {
  const before = Date.now()
  const platform = createReplicaPlatform({})
  t.ok(platform.date().getTime() >= before)
  const id = platform.newId()
  t.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const time = Number.parseInt(id.replace('-', '').slice(0, 12), 16)
  t.ok(time >= before && time <= Date.now())
  t.not(platform.newId(), id)
  const stop = platform.onOnline?.(() => {})
  stop?.()

  const page = Object.assign(globalThis, new EventTarget(), {
    addEventListener: (name: string, callback: () => void) => events.set(callback, name),
    removeEventListener: (_name: string, callback: () => void) => events.delete(callback)
  })
  const events = new Map<() => void, string>()
  const unsubscribe = platform.onOnline?.(() => {})
  t.strictSame([...events.values()], ['online'])
  unsubscribe?.()
  t.equal(events.size, 0)
  Object.assign(page, { addEventListener: undefined, removeEventListener: undefined })
})
