import fc from 'fast-check'
import t from 'tap'
import type { PatchTodoBody, Todo } from '../../../src/client/index.ts'
import { createReplica, memoryStorage, type Replica } from '../../../src/client/replica/index.ts'
import { serve } from '../../support/service.ts'
import { ADA, createTestClient } from '../in-process-client.ts'
import { until } from './fake-client.ts'

const RUNS = 25

const due = fc.constantFrom(
  null,
  { date: '2026-03-29' },
  { dateTime: '2026-03-29T09:00:00', timeZone: 'Europe/Berlin' }
)
const title = fc.constantFrom('a', ' b ', 'Äpfel 🍏')
const tags = fc.constantFrom([], ['x'], ['y', 'x'], ['z', 'A\u0308'])
const priority = fc.constantFrom('none', 'low', 'high')
const content = { description: fc.constantFrom(null, 'text'), done: fc.boolean(), due, priority, tags }
const newTodo = fc.record({ title, ...content }, { requiredKeys: ['title'] })
const orNull = <Value>(values: fc.Arbitrary<Value>) => fc.oneof(values, fc.constant(null))
const patch = fc.record(
  {
    title,
    description: content.description,
    done: orNull(content.done),
    due: fc.oneof(due, fc.constant({ date: '2027-01-01' }), fc.constant({})),
    priority: orNull(priority),
    tags: orNull(tags)
  },
  { requiredKeys: [] }
)
/** Which of the todos that there are, as a share of their number. */
const choice = fc.double({ min: 0, max: 0.999, noNaN: true })

type Act = (replica: Replica, listed: Todo[], deleted: Todo[]) => unknown

const choose = (todos: Todo[], share: number) => todos[Math.floor(share * todos.length)]?.id
const act: fc.Arbitrary<Act> = fc.oneof(
  newTodo.map(
    (body): Act =>
      ({ todos }) =>
        todos.create(body as { title: string })
  ),
  fc.tuple(choice, patch).map(
    ([share, changes]): Act =>
      ({ todos }, listed) => {
        const chosen = listed[Math.floor(share * listed.length)]
        // Nothing of no due date cannot be.
        const isEmpty = changes.due && Object.keys(changes.due).length === 0
        return chosen && !(isEmpty && !chosen.due)
          ? todos.patch(chosen.id, changes as PatchTodoBody)
          : undefined
      }
  ),
  choice.map(
    (share): Act =>
      ({ todos }, listed) => {
        const id = choose(listed, share)
        return id && todos.delete(id)
      }
  ),
  choice.map(
    (share): Act =>
      ({ todos }, listed, deleted) => {
        const id = choose([...listed, ...deleted], share)
        return id && todos.delete(id, { permanent: true })
      }
  ),
  choice.map(
    (share): Act =>
      ({ todos }, listed, deleted) => {
        const id = choose([...listed, ...deleted], share)
        return id && todos.restore(id)
      }
  ),
  fc.tuple(choice, choice, fc.constantFrom('after', 'before', 'top', 'bottom')).map(
    ([share, otherShare, where]): Act =>
      ({ todos }, listed) => {
        const [id, other] = [choose(listed, share), choose(listed, otherShare)]
        if (!id || !other) return undefined
        if (where === 'after') return todos.move(id, { after: other })
        if (where === 'before') return todos.move(id, { before: other })
        return todos.move(id, { to: where === 'top' ? 'top' : 'bottom' })
      }
  )
)

/** What is to be the same here and there. */
const toComparable = ({
  id,
  title,
  description,
  done,
  due,
  priority,
  tags,
  completedAt,
  deletedAt
}: Todo) => ({
  id,
  title,
  description,
  done,
  due,
  priority,
  tags,
  isCompleted: completedAt !== null,
  isDeleted: deletedAt !== null
})
const read = ({ todos }: Replica) => [...todos.list(), ...todos.list({ deleted: true })].map(toComparable)

t.test('what is shown before it is sent is what the service makes of it', { timeout: 60_000 }, async t => {
  const service = await serve(t)
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 30 }), async acts => {
      let isOnline = true
      const { user } = await service.signUp()
      const { client, state } = createTestClient(service, {
        platform: {
          timer(duration, ring) {
            const timer = setTimeout(ring, duration < 30_000 ? 1 : duration)
            return () => clearTimeout(timer)
          }
        }
      })
      await client.auth.login({ email: user.email, password: 'correct horse battery staple' })
      state.hook = async (_url, _init, pass) => {
        if (!isOnline) throw new TypeError('offline')
        return pass()
      }
      const refusals: string[] = []
      const replica = await createReplica({
        client,
        storage: memoryStorage(),
        mode: 'poll',
        onRefused: ({ op }, problem) => refusals.push(`${op} ${problem.message}`),
        platform: {
          timer(_duration, ring) {
            const timer = setTimeout(ring, 1)
            return () => clearTimeout(timer)
          }
        }
      })
      const perform = async (some: Act[]) => {
        for (const one of some)
          await one(replica, replica.todos.list(), replica.todos.list({ deleted: true }))
      }
      // The first half is confirmed before the second begins.
      const half = Math.ceil(acts.length / 2)
      await perform(acts.slice(0, half))
      await until(() => replica.status().pendingEdits === 0)
      isOnline = false
      await perform(acts.slice(half))
      const shown = read(replica)
      isOnline = true
      await until(() => replica.status().pendingEdits === 0)
      t.strictSame(refusals, [])
      t.strictSame(read(replica), shown)
      await until(() => replica.status().isComplete)
      await replica.close()
      const [listed, deleted] = await Promise.all([
        Array.fromAsync(client.todos.all()),
        Array.fromAsync(client.todos.all({ deleted: true }))
      ])
      t.strictSame(replica.todos.list(), listed)
      const byId = (a: Todo, b: Todo) => (a.id < b.id ? -1 : 1)
      t.strictSame(replica.todos.list({ deleted: true }).sort(byId), deleted.sort(byId))
    }),
    { numRuns: RUNS }
  )
})

t.test('edits are taken where the service demands a precondition', async t => {
  const service = await serve(t, { REQUIRE_IF_MATCH: 'on' })
  const { client } = createTestClient(service)
  await client.auth.register(ADA)
  const refusals: string[] = []
  const replica = await createReplica({
    client,
    storage: memoryStorage(),
    mode: 'poll',
    onRefused: (_operation, { code }) => refusals.push(code)
  })
  const { id } = await replica.todos.create({ title: 'a' })
  const { id: other } = await replica.todos.create({ title: 'b' })
  await Promise.all([
    replica.todos.patch(id, { done: true }),
    replica.todos.move(id, { to: 'bottom' }),
    replica.todos.delete(id),
    replica.todos.restore(id),
    replica.todos.delete(other, { permanent: true })
  ])
  await until(() => replica.status().pendingEdits === 0)
  await replica.close()
  t.strictSame(refusals, [])
  t.match((await client.todos.list()).items, [{ id, done: true }])
})
