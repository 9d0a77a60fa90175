import t, { type Test } from 'tap'
import { memoryStorage, type ReplicaOptions, type ReplicaStorage } from '../../../src/client/replica/index.ts'
import {
  createBrowser,
  createFakeClient,
  openReplica,
  page,
  pageOf,
  put,
  settle,
  until
} from './fake-client.ts'
import { PROBLEM } from './problems.ts'

/** Opens a tab of a browser. Tabs share a storage, and each has a client of its own. */
function createTabs(t: Test) {
  const { locks, channel, channels } = createBrowser()
  const storage: ReplicaStorage = { ...memoryStorage(), sharedName: 'todos' }
  async function open(options: Partial<ReplicaOptions> = {}, fake = createFakeClient()) {
    const opened = await openReplica(t, fake, {
      storage,
      ...options,
      platform: { locks, channel, ...options.platform }
    })
    return { ...opened, ...fake }
  }
  return { open, storage, channels, locks }
}

t.test('of two tabs one sends and follows, and the other one hears of it', async t => {
  const { open } = createTabs(t)
  const one = await open()
  const other = await open()
  one.pages.push(pageOf('1', 'a', 'b'))
  await until(() => other.replica.status().isComplete)
  t.strictSame(other.replica.todos.list(), one.replica.todos.list())
  let changes = 0
  other.replica.subscribe(() => {
    changes += 1
  })

  await one.replica.todos.patch('a', { title: 'by one' })
  await until(() => one.replica.status().pendingEdits === 0)
  await until(
    () => other.replica.todos.get('a')?.title === 'by one' && other.replica.status().pendingEdits === 0
  )
  t.ok(changes > 1)
  await until(() => one.state.isFollowing)
  await other.replica.todos.patch('a', { title: 'by other' })
  t.equal(other.replica.todos.isPending('a'), true)
  await until(() => one.replica.todos.get('a')?.title === 'by other')
  await until(() => other.replica.status().pendingEdits === 0)
  t.match(one.state.sent.at(-1)?.operations, [{ op: 'patch', changes: { title: 'by other' } }])
  t.strictSame(other.state.sent, [])
  t.strictSame(other.state.follows, [])
})

t.test('when the one is closed, the other one goes on', async t => {
  const { open, channels } = createTabs(t)
  const one = await open()
  one.state.answer = () => {
    throw new TypeError('fetch failed')
  }
  one.pages.push(pageOf('1', 'a'))
  await until(() => one.replica.status().isComplete)
  const other = await open()
  await one.replica.todos.create({ title: 'left' })
  await until(() => one.state.sent.length > 0)
  await one.replica.close()
  t.equal(channels.size, 1)
  await until(() => other.state.sent.length > 0)
  t.strictSame(other.state.sent[0], one.state.sent[0], 'with the very same request')
  await until(() => other.replica.status().pendingEdits === 0)
  await until(() => other.state.isFollowing)
  t.strictSame(other.state.follows, ['1'])
})

t.test('edits of two tabs at the same time are sent in the order in which they were seen', async t => {
  const { open } = createTabs(t)
  const one = await open()
  let isOffline = true
  const { answer } = one.state
  one.state.answer = sent => {
    if (isOffline) throw new TypeError('fetch failed')
    return answer(sent)
  }
  const other = await open()
  await one.replica.todos.create({ id: 'a', title: 'first' })
  await until(() => other.replica.todos.list().length === 1)
  await other.replica.todos.patch('a', { title: 'second' })
  await until(() => one.replica.todos.get('a')?.title === 'second')
  await one.replica.todos.patch('a', { title: 'third' })
  await until(() => other.replica.todos.get('a')?.title === 'third')
  isOffline = false
  await until(() => one.replica.status().pendingEdits === 0)
  const sent = [...new Map(one.state.sent.map(sent => [sent.key, sent])).values()]
  t.match(
    sent.flatMap(({ operations }) => operations),
    [{ op: 'create' }, { changes: { title: 'second' } }, { changes: { title: 'third' } }]
  )
})

t.test('a refusal is told in both', async t => {
  const { open } = createTabs(t)
  const one = await open()
  one.state.answer = () => {
    throw PROBLEM.quota()
  }
  const other = await open()
  await other.replica.todos.create({ title: 'a' })
  await until(() => one.refusals.length + other.refusals.length === 2)
  t.strictSame([one.refusals, other.refusals], [['create quota_exceeded'], ['create quota_exceeded']])
  t.strictSame([...other.replica.todos.list()], [])
})

t.test('a tab that opens misses nothing of what others do meanwhile', async t => {
  const { locks, channel } = createBrowser()
  const memory = memoryStorage()
  let release = () => {}
  const slow: ReplicaStorage = {
    ...memory,
    sharedName: 'todos',
    async load() {
      const records = [...(await memory.load())]
      await new Promise<void>(resolve => {
        release = resolve
      })
      return records
    }
  }
  const fake = createFakeClient()
  const one = await openReplica(t, fake, {
    storage: { ...memory, sharedName: 'todos' },
    platform: { locks, channel }
  })
  const opening = openReplica(t, createFakeClient(), { storage: slow, platform: { locks, channel } })
  await settle()
  fake.pages.push(pageOf('1', 'a'))
  await until(() => one.replica.status().isComplete)
  await settle()
  release()
  const other = await opening
  t.match(other.replica.todos.list(), [{ id: 'a' }])
  t.equal(other.replica.status().isComplete, true)
})

t.test('an edit while the storage is read again is kept', async t => {
  const { locks, channel } = createBrowser()
  const memory = memoryStorage()
  let release: (() => void) | undefined
  let loads = 0
  const slow: ReplicaStorage = {
    ...memory,
    sharedName: 'todos',
    async load() {
      const records = [...(await memory.load())]
      loads += 1
      if (loads > 1)
        await new Promise<void>(resolve => {
          release = resolve
        })
      return records
    }
  }
  const { replica } = await openReplica(t, createFakeClient(), {
    storage: slow,
    platform: { locks, channel }
  })
  await until(() => release !== undefined)
  const creating = replica.todos.create({ title: 'a' })
  t.equal(replica.todos.list().length, 1)
  release?.()
  await creating
  t.equal(replica.todos.list().length, 1)
  await until(() => replica.status().pendingEdits === 0)
})

t.test('clear closes the replicas of all tabs', async t => {
  const { open, storage, channels } = createTabs(t)
  const one = await open()
  one.pages.push(pageOf('1', 'a'))
  await until(() => one.replica.status().isComplete)
  const other = await open()
  await other.replica.clear()
  t.strictSame([...(await storage.load())], [])
  t.strictSame([...one.replica.todos.list(), ...other.replica.todos.list()], [])
  await t.rejects(one.replica.todos.create({ title: 'b' }), { message: 'The replica is closed.' })
  await settle()
  t.equal(one.state.isFollowing, false)

  const next = await open()
  next.pages.push(pageOf('2', 'b'))
  await until(() => next.replica.status().isComplete)
  await settle()
  t.strictSame([...one.replica.todos.list()], [], 'a closed one shows nothing more')
  await one.replica.close()
  t.equal(channels.size, 1)
})

t.test('tabs of two users do not tell each other', async t => {
  const { open } = createTabs(t)
  const one = await open()
  await until(() => one.state.isFollowing)
  const fake = createFakeClient()
  fake.state.user = { id: 'bob', username: 'bob', email: 'bob@example.org', emailVerified: true }
  const other = await open({}, fake)
  await other.replica.todos.create({ title: 'of Bob' })
  one.state.user = undefined
  // What the first one writes at the last moment leaves nothing behind.
  one.pages.push(page('2', [put('x')]))
  await until(() => other.replica.status().pendingEdits === 0)
  t.equal(one.replica.todos.list().filter(({ title }) => title === 'of Bob').length, 0)
  t.match(other.replica.todos.list(), [{ title: 'of Bob' }])
  t.strictSame(one.state.sent, [])
})

t.test('without locks or channels nothing is shared', async t => {
  const { locks, channel } = createBrowser()
  const platforms = [
    { locks: undefined, channel },
    { locks, channel: undefined },
    { locks, channel: () => undefined }
  ]
  for (const platform of platforms) {
    const storage: ReplicaStorage = { ...memoryStorage(), sharedName: 'todos' }
    const fake = createFakeClient()
    fake.pages.push(pageOf('1', 'a'))
    const { replica } = await openReplica(t, fake, { storage, platform })
    await until(() => replica.status().isComplete)
    await replica.todos.create({ title: 'b' })
    await until(() => replica.status().pendingEdits === 0)
    t.strictSame([...(await storage.load())], [], 'it is in memory')
  }
})

t.test('a tab whose user was replaced by another one writes no more', async t => {
  const { open, storage } = createTabs(t)
  const ada = await open()
  ada.pages.push(pageOf('1', 'a'))
  await until(() => ada.replica.status().isComplete)
  const sent = Promise.withResolvers<void>()
  const { answer } = ada.state
  const bob = createFakeClient()
  bob.state.user = { id: 'bob', username: 'bob', email: 'bob@example.org', emailVerified: true }

  // Bob signs in while a batch of Ada is under way.
  ada.state.answer = async batch => {
    await sent.promise
    return answer(batch)
  }
  await ada.replica.todos.patch('a', { title: 'of Ada' })
  await until(() => ada.state.sent.length > 0)
  ada.state.user = bob.state.user
  const { replica } = await open({}, bob)
  const { id } = await replica.todos.create({ title: 'of Bob' })
  sent.resolve()
  await t.rejects(ada.replica.todos.create({ title: 'of Ada, too' }))
  await ada.replica.clear()
  await until(() => replica.status().pendingEdits === 0)
  t.match(bob.state.sent, [{ operations: [{ op: 'create', todo: { title: 'of Bob' } }] }])
  t.match(
    new Map(await storage.load()),
    new Map<string, unknown>([
      ['copy', { userId: 'bob' }],
      [`todo ${id}`, { todo: { title: 'of Bob' } }]
    ])
  )
  t.equal([...(await storage.load())].length, 2)
})

t.test('nor does it follow', async t => {
  const { open, storage } = createTabs(t)
  const ada = await open()
  await until(() => ada.state.isFollowing)
  const bob = createFakeClient()
  bob.state.user = { id: 'bob', username: 'bob', email: 'bob@example.org', emailVerified: true }
  ada.state.user = bob.state.user
  await open({}, bob)
  ada.pages.push(pageOf('1', 'a'))
  await until(() => bob.state.isFollowing)
  t.match(await storage.load(), [['copy', { userId: 'bob' }]])
  t.equal([...(await storage.load())].length, 1)
})

t.test('a replica of somebody who has signed out clears nothing of who comes after', async t => {
  const { open, storage } = createTabs(t)
  const ada = await open()
  await until(() => ada.state.isFollowing)
  ada.state.user = undefined
  await until(() => !ada.state.isFollowing)
  const bob = createFakeClient()
  bob.state.user = { id: 'bob', username: 'bob', email: 'bob@example.org', emailVerified: true }
  const { replica } = await open({}, bob)
  await until(() => bob.state.isFollowing)
  const cleared = ada.replica.clear()
  await replica.close()
  await cleared
  t.match(await storage.load(), [['copy', { userId: 'bob' }]])
})
