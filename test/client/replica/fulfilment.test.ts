import t, { type Test } from 'tap'
import type { Todo } from '../../../src/client/index.ts'
import { createReplica, memoryStorage } from '../../../src/client/replica/index.ts'
import { serve } from '../../support/service.ts'
import { ADA, createTestClient } from '../in-process-client.ts'
import { createFakeClient, openReplica, pageOf, todo, until } from './fake-client.ts'
import { PROBLEM } from './problems.ts'

const ID = '0199c3e0-1234-7abc-8def-0123456789ab'
const DAY = 86_400

/** A replica offline on a real service, and a second client of the same user. */
async function openOffline(t: Test) {
  const service = await serve(t)
  const { client, state } = createTestClient(service)
  await client.auth.register(ADA)
  const { client: elsewhere } = createTestClient(service)
  await elsewhere.auth.login({ email: ADA.email, password: ADA.password })
  let isOnline = false
  let isAnswerLost = false
  state.hook = async (url, _init, pass) => {
    const isBatch = url.endsWith('/batch')
    if (!isOnline && !(isBatch && isAnswerLost)) throw new TypeError('offline')
    const response = await pass()
    if (!isOnline) throw new TypeError('cut')
    return response
  }
  const refusals: [op: string, title: string | undefined, code: string][] = []
  const storage = memoryStorage()
  const open = () =>
    createReplica({
      client,
      storage,
      mode: 'poll',
      onRefused: (operation, { code }) =>
        refusals.push([operation.op, operation.op === 'create' ? operation.todo.title : undefined, code]),
      platform: {
        timer(_duration, ring) {
          const timer = setTimeout(ring, 1)
          return () => clearTimeout(timer)
        }
      }
    })
  return {
    elsewhere,
    refusals,
    service,
    open,
    goOnline: () => {
      isOnline = true
    },
    /** Waits until a batch is done, whose answer gets lost. */
    async loseAnswer() {
      isAnswerLost = true
      while ((await elsewhere.todos.list()).items.length === 0) await new Promise(setImmediate)
      isAnswerLost = false
    }
  }
}

t.test('the id of another todo: the creation is refused, and told', async t => {
  const { elsewhere, open, goOnline, refusals } = await openOffline(t)
  const replica = await open()
  await elsewhere.todos.create({ id: ID, title: 'theirs' })
  await replica.todos.create({ id: ID, title: 'mine' })
  await replica.todos.patch(ID, { done: true })
  await replica.todos.create({ title: 'other' })
  goOnline()
  await until(() => replica.status().pendingEdits === 0 && replica.status().isComplete)
  t.strictSame(refusals, [['create', 'mine', 'todo_exists']])
  await until(() => replica.todos.list().length === 2)
  t.match(replica.todos.list(), [{ id: ID, title: 'theirs', done: false }, { title: 'other' }])
  await replica.close()
})

t.test('the id of a todo of the copy, in the list or in the trash', async t => {
  for (const isInTrash of [false, true])
    await t.test(isInTrash ? 'trash' : 'list', async t => {
      const { elsewhere, open, goOnline, refusals } = await openOffline(t)
      await elsewhere.todos.create({ id: ID, title: 'theirs' })
      if (isInTrash) await elsewhere.todos.delete(ID)
      goOnline()
      const replica = await open()
      await until(() => replica.status().isComplete)
      await replica.todos.create({ id: ID.toUpperCase(), title: 'mine' })
      t.match(replica.todos.get(ID), { title: 'mine' })
      await until(() => replica.status().pendingEdits === 0)
      t.strictSame(refusals, [['create', 'mine', 'todo_exists']])
      t.match(replica.todos.get(ID), { title: 'theirs' })
      await replica.close()
    })
})

t.test('an answer that got lost is no refusal, not even days later', async t => {
  const due = { date: '2026-03-29' }
  for (const days of [0, 3])
    for (const given of [{ id: ID }, {}])
      await t.test(`${days} days, ${given.id ?? 'a new id'}`, async t => {
        const { elsewhere, service, open, goOnline, loseAnswer, refusals } = await openOffline(t)
        const first = await open()
        const { id } = await first.todos.create({ ...given, title: ' mine ', tags: ['b', 'a'], due })
        await loseAnswer()
        await first.close()
        service.clock.advance(days * DAY)
        await elsewhere.auth.login({ email: ADA.email, password: ADA.password })
        if (!given.id) await elsewhere.todos.patch(id, { priority: 'high' })
        goOnline()
        const replica = await open()
        await replica.todos.patch(id, { done: true })
        await until(() => replica.status().pendingEdits === 0 && replica.status().isComplete)
        t.strictSame(refusals, [])
        const { items } = await elsewhere.todos.list()
        const priority = given.id ? 'none' : 'high'
        t.match(items, [{ id, title: 'mine', tags: ['a', 'b'], due, done: true, priority }])
        t.equal(items.length, 1)
        await replica.close()
      })
})

/** A service that has a todo and refuses creations with its id; `get` gives what a test says. */
function createServiceWith(existing: Todo | Error) {
  const fake = createFakeClient()
  const { answer } = fake.state
  fake.state.answer = sent => {
    if (sent.operations.some(({ op }) => op === 'create')) throw PROBLEM.exists()
    return answer(sent)
  }
  fake.state.get = () => {
    if (existing instanceof Error) throw existing
    return existing
  }
  return fake
}

t.test('a todo that is there has what was to be created, or is another one', async t => {
  const body = { id: 'n', title: 'new', description: 'text', priority: 'low', tags: ['y', 'x'] } as const
  const due = { dateTime: '2026-03-29T09:00:00', timeZone: 'Europe/Berlin' }
  const same = todo('n', { ...body, tags: ['x', 'y'], due })
  const cases: [string, Todo | Error, string[]][] = [
    ['the same', same, []],
    ['the same elsewhere in the list', { ...same, position: 'z', updatedAt: 'later' }, []],
    [
      'the members of a due date in another order',
      { ...same, due: { timeZone: due.timeZone, dateTime: due.dateTime } },
      []
    ],
    ['more than the replica knows', Object.assign({ more: 1 }, same), []],
    ['another title', { ...same, title: 'other' }, ['create todo_exists']],
    ['another description', { ...same, description: null }, ['create todo_exists']],
    ['done', { ...same, done: true }, ['create todo_exists']],
    ['due on a day', { ...same, due: { date: '2026-03-29' } }, ['create todo_exists']],
    ['not due', { ...same, due: null }, ['create todo_exists']],
    ['another priority', { ...same, priority: 'none' }, ['create todo_exists']],
    ['other tags', { ...same, tags: ['x'] }, ['create todo_exists']],
    ['in the trash, or gone', PROBLEM.missing(), ['create todo_exists']]
  ]
  for (const [name, existing, expected] of cases) {
    const { replica, refusals } = await openReplica(t, createServiceWith(existing))
    await replica.todos.create({ ...body, tags: [...body.tags], due })
    await until(() => replica.status().pendingEdits === 0)
    t.strictSame(refusals, expected, name)
  }
})

t.test('what follows on a creation may have been done with it', async t => {
  const cases: [Partial<Todo>, string[]][] = [
    [{ title: 'new' }, []],
    [{ title: 'new', done: true, completedAt: 'then' }, []],
    [{ title: 'newer', done: true, completedAt: 'then' }, []],
    [{ title: 'newer' }, ['create todo_exists']]
  ]
  for (const [existing, expected] of cases) {
    const { replica, refusals } = await openReplica(t, createServiceWith(todo('n', existing)))
    const { todos } = replica
    await Promise.all([
      todos.create({ id: 'n', title: 'new' }),
      todos.patch('n', { done: true }),
      todos.patch('n', { title: 'newer' })
    ])
    await until(() => replica.status().pendingEdits === 0)
    t.strictSame(refusals, expected, JSON.stringify(existing))
  }
})

t.test('what cannot be found out now is asked again', async t => {
  const failures = [new TypeError('fetch failed'), PROBLEM.overloaded(1), PROBLEM.unknown(502)]
  const fake = createServiceWith(new Error('never'))
  fake.state.get = () => {
    const failure = failures.shift()
    if (failure) throw failure
    return todo('n', { title: 'other' })
  }
  const { replica, refusals } = await openReplica(t, fake)
  await replica.todos.create({ id: 'n', title: 'new' })
  await until(() => replica.status().pendingEdits === 0)
  t.strictSame(refusals, ['create todo_exists'])
  t.strictSame(failures, [])
})

t.test('an id that the replica made is nobody else’s', async t => {
  const { replica, refusals } = await openReplica(t, createServiceWith(new Error('nobody asks')))
  await replica.todos.create({ title: 'new' })
  await until(() => replica.status().pendingEdits === 0)
  t.strictSame(refusals, [])
})

t.test('a second creation with an id stands on its own', async t => {
  const fake = createServiceWith(todo('n', { title: 'theirs' }))
  fake.pages.push(pageOf('1', 'n'))
  const refused: unknown[] = []
  const { replica } = await openReplica(t, fake, {
    onRefused: operation => refused.push(operation.op === 'create' ? operation.todo.title : operation.op)
  })
  await until(() => replica.status().isComplete)
  const { todos } = replica
  await Promise.all([
    todos.create({ id: 'n', title: 'first' }),
    todos.patch('n', { done: true }),
    todos.create({ id: 'n', title: 'second' }),
    todos.patch('n', { done: true })
  ])
  await until(() => replica.status().pendingEdits === 0)
  t.strictSame(refused, ['first', 'second'], 'each is told')
  t.match(todos.list(), [{ id: 'n', title: 'n', done: false }])
})
