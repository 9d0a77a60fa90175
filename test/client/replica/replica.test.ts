import t from 'tap'
import { createReplica, memoryStorage, type ReplicaStorage } from '../../../src/client/replica/index.ts'
import { getTodoId } from '../../../src/client/replica/operations.ts'
import { createFakeClient, gone, openReplica, page, pageOf, put, settle, until } from './fake-client.ts'
import { PROBLEM } from './problems.ts'

t.test('reads answer at once, from what was stored', async t => {
  const storage = memoryStorage()
  const first = createFakeClient()
  first.pages.push(
    page('1', [
      put('b', { done: true, tags: ['x'] }),
      put('a', { priority: 'high' }),
      put('c', { position: 'a', tags: ['x', 'y'] }),
      put('d', { deletedAt: 'then' })
    ])
  )
  const opened = await openReplica(t, first, { storage })
  t.strictSame([...opened.replica.todos.list()], [])
  t.match(opened.replica.status(), { pendingEdits: 0, isComplete: false })
  await until(() => opened.replica.status().isComplete)
  await opened.replica.close()

  const fake = createFakeClient()
  const { replica } = await openReplica(t, fake, { storage })
  const { todos } = replica
  const ids = (filter = {}) => Array.from(todos.list(filter), ({ id }) => id)
  t.strictSame(ids(), ['a', 'c', 'b'], 'in the order of the list')
  t.strictSame(ids({ done: true }), ['b'])
  t.strictSame(ids({ done: false, tag: 'x' }), ['c'])
  t.strictSame(ids({ tag: 'x' }), ['c', 'b'])
  t.strictSame(ids({ priority: 'high' }), ['a'])
  t.strictSame(ids({ deleted: true }), ['d'])
  t.match(todos.get('d'), { title: 'd' })
  t.equal(todos.get('z'), undefined)
  t.match(replica.status(), { pendingEdits: 0, isComplete: true })
  await until(() => fake.state.isFollowing)
  t.strictSame(fake.state.follows, ['1'], 'it goes on where it was')
})

t.test('changes are shown as they come', async t => {
  const fake = createFakeClient()
  const { replica } = await openReplica(t, fake)
  let changes = 0
  const unsubscribe = replica.subscribe(() => {
    changes += 1
  })
  fake.pages.push(pageOf('1', 'a', 'b'))
  await until(() => replica.todos.list().length === 2)
  fake.pages.push(page('2', [gone('a'), put('b', { title: 'B' })]))
  await until(() => replica.todos.list().length === 1)
  t.match(replica.todos.list(), [{ title: 'B' }])
  t.equal(changes, 2)
  unsubscribe()
  const unknown = { ...put('x'), type: 'list' } as unknown as ReturnType<typeof put>
  fake.pages.push(page('3', [unknown, put('c')]))
  await until(() => replica.todos.list().length === 2)
  t.equal(changes, 2)
  t.equal(replica.todos.get('x'), undefined, 'what a later service knows is left out')
})

t.test('an edit is shown at once, then stored, then sent', async t => {
  const fake = createFakeClient()
  const stored: unknown[] = []
  const memory = memoryStorage()
  const storage: ReplicaStorage = {
    load: memory.load,
    async write(writes) {
      await settle(2)
      await memory.write(writes)
      stored.push(...writes.map(([name]) => name.split(' ')[0]))
    }
  }
  const { replica } = await openReplica(t, fake, { storage })
  const { todos } = replica
  const creating = todos.create({ title: ' Buy milk ', done: true })
  const [shown] = todos.list()
  t.match(shown, {
    id: 'id-1',
    title: 'Buy milk',
    done: true,
    tags: [],
    priority: 'none',
    etag: '',
    position: ''
  })
  t.equal(shown?.completedAt, '2026-01-01T00:00:00.000Z')
  t.equal(todos.isPending('id-1'), true)
  t.strictSame(replica.status().pendingEdits, 1)
  t.strictSame(stored, ['copy'])
  t.strictSame(await creating, shown)
  t.strictSame(stored, ['copy', 'edit'])
  await until(() => !todos.isPending('id-1'))
  t.match(fake.state.sent, [{ operations: [{ op: 'create', todo: { id: 'id-1', title: ' Buy milk ' } }] }])
  t.strictSame(stored, ['copy', 'edit', 'batch', 'edit', 'batch', 'todo'], 'the batch before it is sent')
  t.match(todos.get('id-1'), { etag: '"sent"' })
  t.strictSame([...(await memory.load())].map(([name]) => name).sort(), ['copy', 'todo id-1'])
})

t.test('a listener that fails stops nothing', async t => {
  const fake = createFakeClient()
  fake.pages.push(pageOf('1', 'a'))
  const { replica } = await openReplica(t, fake)
  const reported: unknown[] = []
  const report = (error: unknown) => reported.push(error)
  const before = process.rawListeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', report)
  t.teardown(() => {
    process.off('unhandledRejection', report)
    for (const listener of before) process.on('unhandledRejection', listener as () => void)
  })
  const failure = new Error('of the application')
  replica.subscribe(() => {
    throw failure
  })
  await until(() => replica.status().isComplete)
  await replica.todos.create({ title: 'b' })
  await until(() => replica.status().pendingEdits === 0)
  t.equal(replica.todos.list().length, 2)
  t.ok(reported.length > 1)
  t.ok(reported.every(error => error === failure))
})

t.test('what is given may change later', async t => {
  const { replica } = await openReplica(t, createFakeClient())
  const body = { id: 'MY-ID', title: 'a', tags: ['x'], description: undefined }
  void replica.todos.create(body as { title: string })
  body.tags.push('y')
  t.match(replica.todos.get('my-id'), { tags: ['x'], description: null })
})

t.test('operations of all kinds are sent', async t => {
  const fake = createFakeClient()
  fake.pages.push(pageOf('1', 'a', 'b', 'c'))
  const { replica } = await openReplica(t, fake)
  const { todos } = replica
  await until(() => replica.status().isComplete)
  await Promise.all([
    todos.patch('a', { title: 'A' }),
    todos.move('a', { to: 'bottom' }),
    todos.delete('b'),
    todos.restore('b'),
    todos.delete('c', { permanent: true })
  ])
  t.strictSame(
    Array.from(todos.list(), ({ title }) => title),
    ['b', 'A']
  )
  await until(() => replica.status().pendingEdits === 0)
  const ifMatch = '*'
  t.strictSame(
    fake.state.sent.flatMap(({ operations }) => operations),
    [
      { op: 'patch', id: 'a', changes: { title: 'A' }, ifMatch },
      { op: 'move', id: 'a', to: 'bottom', ifMatch },
      { op: 'delete', id: 'b', ifMatch },
      { op: 'restore', id: 'b', ifMatch },
      { op: 'purge', id: 'c', ifMatch }
    ]
  )
})

t.test('[WHOLE] no page that was asked for before an edit was confirmed takes it back', async t => {
  const fake = createFakeClient()
  fake.pages.push(pageOf('1', 'a'))
  const { replica } = await openReplica(t, fake)
  const { todos } = replica
  await until(() => replica.status().isComplete && fake.state.isFollowing)
  const shown: (string | undefined)[] = []
  replica.subscribe(() => shown.push(todos.get('a')?.title))
  let confirm = () => {}
  fake.state.answer = () =>
    new Promise(resolve => {
      confirm = () =>
        resolve([
          { todo: { ...(put('a').todo as NonNullable<ReturnType<typeof put>['todo']>), title: 'mine' } }
        ])
    })
  await todos.patch('a', { title: 'mine' })
  // They were on their way already.
  fake.pages.push(page('2', [put('a', { title: 'theirs' })]), page('3', [put('a', { title: 'theirs, too' })]))
  await until(() => fake.state.sent.length === 1)
  await settle()
  fake.pages.length = 0
  confirm()
  await until(() => replica.status().pendingEdits === 0)
  await until(() => fake.state.isFollowing)
  t.strictSame(fake.state.follows, [undefined, '1'], 'it is asked again from where the copy was')
  fake.pages.push(page('4', [put('a', { title: 'mine', done: true })]))
  await until(() => todos.get('a')?.done === true)
  t.strictSame(new Set(shown), new Set(['mine']))
})

t.test('an edit while a page is being stored stays on top of it', async t => {
  const fake = createFakeClient()
  const memory = memoryStorage()
  let release = () => {}
  const storage: ReplicaStorage = {
    load: memory.load,
    async write(writes) {
      if (writes.some(([name]) => name === 'todo a'))
        await new Promise<void>(resolve => {
          release = resolve
        })
      await memory.write(writes)
    }
  }
  const { replica } = await openReplica(t, fake, { storage })
  fake.pages.push(pageOf('1', 'a'))
  await settle()
  const creating = replica.todos.create({ id: 'a', title: 'mine' })
  release()
  await until(() => replica.status().isComplete)
  t.match(replica.todos.get('a'), { title: 'mine' })
  await creating
  await settle()
  release()
})

t.test('edits go in batches, in their order', async t => {
  const fake = createFakeClient()
  let confirm = () => {}
  fake.state.answer = ({ operations }) =>
    new Promise(resolve => {
      confirm = () => resolve(operations.map(() => ({})))
    })
  const { replica } = await openReplica(t, fake)
  await replica.todos.create({ title: 'first' })
  await until(() => fake.state.sent.length === 1)
  await Promise.all(Array.from({ length: 150 }, (_, index) => replica.todos.create({ title: `${index}` })))
  for (const count of [2, 3]) {
    confirm()
    await until(() => fake.state.sent.length === count)
  }
  confirm()
  await until(() => replica.status().pendingEdits === 0)
  const sizes = fake.state.sent.map(({ operations }) => operations.length)
  t.strictSame(sizes, [1, 100, 50])
  const titles = fake.state.sent.flatMap(({ operations }) =>
    operations.map(operation => (operation.op === 'create' ? operation.todo.title : ''))
  )
  t.strictSame(titles, ['first', ...Array.from({ length: 150 }, (_, index) => `${index}`)])
  t.equal(new Set(fake.state.sent.map(({ key }) => key)).size, 3, 'each with a key of its own')
})

t.test('a batch is short enough for a slow network', async t => {
  const fake = createFakeClient()
  const { answer } = fake.state
  let isOnline = false
  fake.state.answer = sent => {
    if (!isOnline) throw new TypeError('fetch failed')
    return answer(sent)
  }
  const { replica } = await openReplica(t, fake)
  await replica.todos.create({ title: 'first' })
  await until(() => fake.state.sent.length > 0)
  for (const length of [40_000, 40_000, 40_000, 200_000, 10, 10])
    await replica.todos.create({ title: 'x', description: 'x'.repeat(length) })
  isOnline = true
  await until(() => replica.status().pendingEdits === 0)
  const sizes = new Map(fake.state.sent.map(({ key, operations }) => [key, operations.length]))
  t.strictSame([...sizes.values()], [1, 2, 1, 1, 2])
})

t.test(
  '[WHOLE] an answer that gets lost is asked for with the same request, also after a reload',
  async t => {
    const storage = memoryStorage()
    const fake = createFakeClient()
    fake.state.answer = async () => {
      throw new TypeError('fetch failed')
    }
    const { replica, pauses } = await openReplica(t, fake, { storage })
    await replica.todos.create({ title: 'a' })
    await until(() => fake.state.sent.length === 1)
    await replica.todos.create({ title: 'b' })
    await until(() => fake.state.sent.length >= 4)
    t.strictSame(pauses.slice(0, 3), [1000, 2000, 4000], 'after growing pauses')
    await replica.close()
    t.equal(fake.state.isFollowing, false)
    await t.rejects(replica.todos.create({ title: 'c' }), { message: 'The replica is closed.' })

    const later = createFakeClient()
    const reopened = await openReplica(t, later, { storage })
    t.strictSame(
      Array.from(reopened.replica.todos.list(), ({ title }) => title),
      ['a', 'b']
    )
    await until(() => reopened.replica.status().pendingEdits === 0)
    t.strictSame(later.state.sent[0], fake.state.sent[0], 'nothing is added to it')
    for (const sent of fake.state.sent) t.strictSame(sent, fake.state.sent[0])
    t.match(later.state.sent[1]?.operations, [{ todo: { title: 'b' } }])
    t.not(later.state.sent[1]?.key, later.state.sent[0]?.key)
  }
)

t.test('a service that is busy is given time', async t => {
  const fake = createFakeClient()
  const answers = [PROBLEM.overloaded(7), PROBLEM.keyInUse(), PROBLEM.unknown(401)]
  const { answer } = fake.state
  fake.state.answer = sent => {
    const problem = answers.shift()
    if (problem) throw problem
    return answer(sent)
  }
  const { replica, pauses, refusals } = await openReplica(t, fake)
  await replica.todos.create({ title: 'a' })
  await until(() => replica.status().pendingEdits === 0)
  t.strictSame(pauses.slice(0, 3), [7000 + 1000, 1000 + 2000, 4000])
  t.strictSame(refusals, [])
  t.equal(new Set(fake.state.sent.map(({ key }) => key)).size, 1)
})

t.test('the pauses do not grow for ever, and an edit or the network ends them', async t => {
  const fake = createFakeClient()
  const rings: (() => void)[] = []
  let onOnline = () => {}
  fake.state.answer = () => {
    throw new TypeError('fetch failed')
  }
  const durations: number[] = []
  const { replica } = await openReplica(t, fake, {
    platform: {
      timer(duration, ring) {
        durations.push(duration)
        rings.push(ring)
        return () => {}
      },
      onOnline(callback) {
        onOnline = callback
        return () => {
          onOnline = () => {}
        }
      }
    }
  })
  await replica.todos.create({ title: 'a' })
  for (let count = 1; count < 8; count++) {
    await until(() => fake.state.sent.length === count)
    await until(() => rings.length === count)
    if (count === 1) await replica.todos.create({ title: 'b' })
    else if (count === 2) onOnline()
    else rings.at(-1)?.()
  }
  t.strictSame(durations.slice(0, 6), [1000, 2000, 4000, 8000, 15_000, 15_000])
  await replica.close()
  t.equal(`${onOnline}`, `${() => {}}`, 'nothing is listened to any more')
})

t.test('an edit that fails as the replica is closed stays for the next time', async t => {
  const storage = memoryStorage()
  const fake = createFakeClient()
  let fail = () => {}
  fake.state.answer = () =>
    new Promise((_, reject) => {
      fail = () => reject(new TypeError('aborted'))
    })
  const { replica, pauses } = await openReplica(t, fake, { storage })
  await replica.todos.create({ title: 'a' })
  await until(() => fake.state.sent.length === 1)
  const closing = replica.close()
  fail()
  await closing
  t.strictSame(pauses, [], 'it is not tried again')
  const { replica: reopened } = await openReplica(t, createFakeClient(), { storage })
  t.match(reopened.todos.list(), [{ title: 'a' }])
})

t.test('edits are read in their order, whatever the order of the storage', async t => {
  const memory = memoryStorage()
  const titles = Array.from({ length: 12 }, (_, index) => `${index}`)
  const offline = createFakeClient()
  offline.state.answer = () => {
    throw new TypeError('fetch failed')
  }
  const { replica } = await openReplica(t, offline, { storage: memory })
  await Promise.all(titles.map(title => replica.todos.create({ title })))
  await replica.close()
  const storage = { ...memory, load: async () => [...(await memory.load())].reverse() }
  const { replica: reopened } = await openReplica(t, createFakeClient(), { storage })
  t.strictSame(
    Array.from(reopened.todos.list(), ({ title }) => title),
    titles
  )
})

t.test('an id means the same in upper case', async t => {
  const fake = createFakeClient()
  fake.pages.push(pageOf('1', 'a', 'b', 'c'))
  const { replica } = await openReplica(t, fake)
  const { todos } = replica
  await until(() => replica.status().isComplete)
  await Promise.all([
    todos.patch('A', { title: 'A' }),
    todos.move('A', { after: 'C' }),
    todos.move('C', { before: 'B' }),
    todos.move('B', { to: 'top' }),
    todos.delete('B'),
    todos.restore('B'),
    todos.create({ id: 'D', title: 'D' }),
    todos.delete('D', { permanent: true })
  ])
  const titles = () => Array.from(todos.list(), ({ title }) => title)
  t.strictSame(titles(), ['b', 'c', 'A'])
  t.strictSame([todos.get('A')?.title, todos.isPending('A'), todos.get('D')], ['A', true, undefined])
  await until(() => replica.status().pendingEdits === 0)
  t.strictSame(
    fake.state.sent.flatMap(({ operations }) => operations.map(getTodoId)),
    ['a', 'a', 'c', 'b', 'b', 'b', 'd', 'd']
  )
})

t.test('edits of a todo that is not there are for the service to refuse', async t => {
  const fake = createFakeClient()
  fake.pages.push(pageOf('1', 'a'))
  fake.state.answer = () => {
    throw PROBLEM.missing()
  }
  const { replica, refusals } = await openReplica(t, fake)
  await until(() => replica.status().isComplete)
  await Promise.all([
    replica.todos.patch('z', { title: 'Z' }),
    replica.todos.move('a', { after: 'z' }),
    replica.todos.move('a', { before: 'z' })
  ])
  t.match(replica.todos.list(), [{ id: 'a', title: 'a' }])
  await until(() => replica.status().pendingEdits === 0)
  t.strictSame(refusals, ['patch todo_not_found', 'move todo_not_found', 'move todo_not_found'])
})

t.test('nobody, or another user', async t => {
  const fake = createFakeClient()
  fake.state.user = undefined
  await t.rejects(createReplica({ client: fake.client, storage: memoryStorage() }), {
    message: 'Nobody is signed in. Create the replica after the sign-in.'
  })
  const storage = memoryStorage()
  const ada = createFakeClient()
  ada.pages.push(pageOf('1', 'a'))
  ada.state.answer = () => {
    throw new TypeError('fetch failed')
  }
  const { replica } = await openReplica(t, ada, { storage })
  await until(() => replica.status().isComplete)
  await replica.todos.create({ title: 'mine' })
  await replica.close()

  const bob = createFakeClient()
  bob.state.user = { id: 'bob', username: 'bob', email: 'bob@example.org', emailVerified: true }
  const other = await openReplica(t, bob, { storage })
  t.strictSame([...other.replica.todos.list()], [])
  t.match(other.replica.status(), { pendingEdits: 0, isComplete: false })
  t.strictSame(
    [...(await storage.load())].map(([name]) => name),
    ['copy'],
    'nothing of the first one is left'
  )
  await until(() => bob.state.isFollowing)
  t.strictSame(bob.state.follows, [undefined])
  t.strictSame(bob.state.sent, [])
})

t.test('the replica stops with the session, and sends nothing as another user', async t => {
  const fake = createFakeClient()
  const { replica } = await openReplica(t, fake)
  await until(() => fake.state.isFollowing)
  fake.state.user = undefined
  await replica.todos.create({ title: 'a' })
  await settle(100)
  t.strictSame(fake.state.sent, [])
  t.equal(fake.state.isFollowing, false)
  t.equal(replica.todos.list().length, 1, 'the edit stays for the next time')
  fake.state.user = { id: 'bob', username: 'bob', email: 'bob@example.org', emailVerified: true }
  await t.rejects(replica.todos.create({ title: 'b' }), {
    message: 'Another user is signed in. Create a replica for that one.'
  })
  t.strictSame([replica.todos.list().length, fake.state.sent.length], [1, 0])
})

t.test('nor when the user changes at the last moment', async t => {
  const fake = createFakeClient()
  const memory = memoryStorage()
  const storage: ReplicaStorage = {
    load: memory.load,
    async write(writes) {
      if (writes.some(([name]) => name === 'batch')) fake.state.user = undefined
      await memory.write(writes)
    }
  }
  const { replica } = await openReplica(t, fake, { storage })
  await replica.todos.create({ title: 'a' })
  await settle(100)
  t.strictSame(fake.state.sent, [])
})

t.test('clear leaves nothing', async t => {
  const storage = memoryStorage()
  const fake = createFakeClient()
  fake.pages.push(pageOf('1', 'a'))
  const { replica } = await openReplica(t, fake, { storage })
  await until(() => replica.status().isComplete)
  let isTold = false
  replica.subscribe(() => {
    isTold = true
  })
  await replica.clear()
  t.strictSame([...(await storage.load())], [])
  t.strictSame([...replica.todos.list()], [])
  t.ok(isTold)
  t.equal(fake.state.isFollowing, false)
})
