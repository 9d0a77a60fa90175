import { eq } from 'drizzle-orm'
import t, { type Test } from 'tap'
import { readConfig } from '../../../src/config/config.ts'
import type { BoundStatement } from '../../../src/db/bound-statement.ts'
import { openStore, type Store } from '../../../src/db/store.ts'
import { allTables } from '../../../src/features.ts'
import { createJanitor } from '../../../src/jobs/janitor.ts'
import { todosFeature } from '../../../src/todos/feature.ts'
import { createLists } from '../../../src/todos/lists/lists.ts'
import {
  readSettled,
  settleAllLists,
  settleLists,
  stopSettling
} from '../../../src/todos/lists/transitions/settle.ts'
import { createTodos } from '../../../src/todos/todos.ts'
import { guardedDatabase } from '../../sync/guarded-database.ts'

const NOW = new Date('2026-01-01T00:00:00.000Z')
const DAY = 86_400_000
/** Three slices. */
const MANY = 130
const USER = 'ada'

const open = async (t: Test, url: string, now = NOW): Promise<Store> => {
  const store = await openStore({ url, poolMax: 3, now: () => now, log: { warn() {} } })
  t.teardown(store.close)
  return store
}

/** A database with a list of many todos, of which one was deleted before. */
async function prepare(t: Test) {
  const url = await guardedDatabase(t)
  const store = await open(t, url)
  const { users } = allTables(store.kit)
  const account = { username: USER, usernameKey: USER, email: 'a', emailKey: 'a', passwordHash: '' }
  await store.db.insert(users).values({ id: USER, ...account, createdAt: NOW })
  const { answer: list } = await createLists(store, USER).create({ name: 'Long' })
  const todos = createTodos(store, USER)
  await todos.edit(async ({ create }) => {
    for (let index = 0; index < MANY; index += 1) await create({ title: `${index}`, listId: list.id })
  })
  const [first] = (await todos.list({ limit: 1 })).items
  await todos.edit(({ remove }) => remove(`${first?.id}`))
  return { url, store, id: list.id }
}

const noPrecondition = () => {}

/** Makes each write of a transition fail from the one with a number on, as if the process had been killed. */
function killAt(store: Store, number: number): void {
  const { atomically } = store
  let slices = 0
  Object.assign(store, {
    async atomically(...statements: Parameters<typeof atomically>) {
      const [first] = statements as readonly BoundStatement[]
      if (first?.name === 'change_sequences_lock') slices += 1
      if (slices >= number) throw new Error('killed')
      return atomically(...statements)
    }
  })
}

const acts = {
  async archiving({ patch }: ReturnType<typeof createLists>, id: string) {
    await patch(id, { archived: true }, noPrecondition)
  },
  async unarchiving({ patch }: ReturnType<typeof createLists>, id: string) {
    await patch(id, { archived: false }, noPrecondition)
  },
  async deleting({ remove }: ReturnType<typeof createLists>, id: string) {
    await remove(id, noPrecondition)
  },
  async restoring({ restore }: ReturnType<typeof createLists>, id: string) {
    await restore(id, noPrecondition)
  },
  async purging({ purge }: ReturnType<typeof createLists>, id: string) {
    await purge(id, noPrecondition)
  }
}
type Act = keyof typeof acts

/** What comes before an act, and how many todos are then active, archived, in the trash with the list, and by themselves. */
const cases: [Act, Act[], [number, number, number, number]][] = [
  ['archiving', [], [0, MANY - 1, 0, 1]],
  ['unarchiving', ['archiving'], [MANY - 1, 0, 0, 1]],
  ['deleting', [], [0, 0, MANY - 1, 1]],
  ['deleting', ['archiving'], [0, 0, MANY - 1, 1]],
  ['restoring', ['deleting'], [MANY - 1, 0, 0, 1]],
  ['restoring', ['archiving', 'deleting'], [0, MANY - 1, 0, 1]],
  ['purging', [], [0, 0, 0, 1]],
  ['purging', ['deleting'], [0, 0, 0, 1]]
]

async function countTodos({ db, kit }: Store, listId: string) {
  const { todos } = allTables(kit)
  const rows = await db.select().from(todos)
  const count = (isCounted: (row: (typeof rows)[number]) => boolean) => rows.filter(isCounted).length
  return [
    count(row => row.deletedAt === null && !row.isArchived),
    count(row => row.deletedAt === null && row.isArchived),
    count(row => row.deletedAt !== null && row.deletedWith === listId),
    count(row => row.deletedAt !== null && row.deletedWith === row.id)
  ]
}

for (const [act, earlier, expected] of cases)
  t.test(`what a crash interrupts goes on: ${[...earlier, act].join(', ')}`, async t => {
    const { url, store, id } = await prepare(t)
    for (const name of earlier) {
      await acts[name](createLists(store, USER), id)
      await settleLists(store, USER)
    }
    const killed = await open(t, url)
    killAt(killed, act === 'purging' ? 3 : 2)
    await acts[act](createLists(killed, USER), id).catch(() => {})
    await settleLists(killed, USER).catch(() => {})
    const { lists } = allTables(store.kit)
    t.match(await store.db.select().from(lists), [{ transition: act }], 'it is not done')

    const next = await open(t, url, new Date(NOW.getTime() + DAY))
    await todosFeature.finishPendingWork(next)
    t.match(await next.db.select().from(lists), act === 'purging' ? [] : [{ transition: null }])
    t.strictSame(await countTodos(next, id), expected)
    const { items } = await createLists(next, USER).list({ limit: 1 })
    t.equal(items.length, ['deleting', 'purging'].includes(act) ? 0 : 1)
    const { total } = await createTodos(next, USER).list({ limit: 1, count: true })
    t.equal(total, expected[0])
  })

/** Acts that begin while another one is under way. */
const races: [Act[], [number, number, number, number]][] = [
  [
    ['archiving', 'unarchiving'],
    [MANY - 1, 0, 0, 1]
  ],
  [
    ['archiving', 'unarchiving', 'archiving'],
    [0, MANY - 1, 0, 1]
  ],
  [
    ['archiving', 'deleting'],
    [0, 0, MANY - 1, 1]
  ],
  [
    ['archiving', 'deleting', 'restoring', 'unarchiving'],
    [MANY - 1, 0, 0, 1]
  ],
  [
    ['deleting', 'restoring', 'deleting'],
    [0, 0, MANY - 1, 1]
  ],
  [
    ['deleting', 'purging'],
    [0, 0, 0, 1]
  ]
]

for (const [names, expected] of races)
  t.test(`an act begins while another one is under way: ${names.join(', ')}`, async t => {
    const { url, store, id } = await prepare(t)
    const stores = [store, await open(t, url)]
    for (const [index, name] of names.entries())
      await acts[name](createLists(stores[index % 2] as Store, USER), id)
    await Promise.all(stores.map(settleAllLists))
    t.strictSame(await countTodos(store, id), expected)
  })

t.test('acts at the same time, in two processes, end in one of their states', async t => {
  const { url, store, id } = await prepare(t)
  const stores = [store, await open(t, url)]
  const names: Act[] = [
    'archiving',
    'deleting',
    'unarchiving',
    'restoring',
    'deleting',
    'archiving',
    'restoring'
  ]
  await Promise.allSettled(
    names.map((name, index) => acts[name](createLists(stores[index % 2] as Store, USER), id))
  )
  await Promise.all(stores.map(settleAllLists))
  const { lists } = allTables(store.kit)
  const [list] = await store.db.select().from(lists)
  const [active, archived, carried, own] = await countTodos(store, id)
  t.equal(own, 1)
  t.equal(list?.openCount, MANY - 1)
  const isDeleted = list?.deletedAt !== null
  t.strictSame(
    [active, archived, carried],
    isDeleted ? [0, 0, MANY - 1] : list?.archivedAt ? [0, MANY - 1, 0] : [MANY - 1, 0, 0]
  )
})

t.test('what is being deleted for good is gone, though its rows are still there', async t => {
  const { url, store, id } = await prepare(t)
  const todos = createTodos(store, USER)
  const { items } = await todos.list({ limit: 2, list: [id] })
  const [first = '', second = ''] = items.map(todo => todo.id)
  const { answer: inbox } = await todos.create({ title: 'inbox' })
  const killed = await open(t, url)
  killAt(killed, 1)
  await acts.purging(createLists(killed, USER), id)
  await settleLists(killed, USER).catch(() => {})

  const missing = { code: 'todo_not_found' }
  await t.rejects(todos.get(first), missing)
  await t.rejects(
    todos.edit(({ restore }) => restore(first)),
    missing
  )
  await t.rejects(
    todos.edit(({ purge }) => purge(first)),
    missing
  )
  await t.rejects(
    todos.edit(({ patch }) => patch(inbox.id, { listId: id })),
    { code: 'validation_failed' }
  )
  await t.rejects(createLists(store, USER).get(id), { code: 'list_not_found' })
  t.strictSame((await createLists(store, USER).list({ limit: 9, deleted: true })).items, [])
  t.match((await todos.create({ id: second, title: 'anew' })).answer, { id: second, listId: null })
  t.strictSame(await countTodos(store, id), [2, 0, 0, 1], 'it waited for the id')
})

t.test('the id of a list that is being deleted for good is free', async t => {
  const { url, store, id } = await prepare(t)
  const killed = await open(t, url)
  killAt(killed, 1)
  await acts.purging(createLists(killed, USER), id)
  await settleLists(killed, USER).catch(() => {})
  const { answer } = await createLists(store, USER).create({ id, name: 'Again' })
  t.match(answer, { id, name: 'Again', openCount: 0 })
})

t.test('two processes make one list for a key', async t => {
  const { url, store } = await prepare(t)
  const stores = [store, await open(t, url)]
  const results = await Promise.all(
    stores.map(each => createLists(each, USER).create({ name: 'Once' }, 'key'))
  )
  t.strictSame(results.map(({ isReplay }) => isReplay).sort(), [false, true])
  t.equal(results[0]?.answer.id, results[1]?.answer.id)
})

t.test('a process that stops leaves the rest to the next one', async t => {
  const { store, url, id } = await prepare(t)
  await acts.deleting(createLists(store, USER), id)
  await stopSettling(store)
  await t.rejects(settleLists(store, USER), { code: 'shutting_down' })
  const next = await open(t, url)
  await settleAllLists(next)
  t.strictSame(await countTodos(next, id), [0, 0, MANY - 1, 1])
})

t.test('what is read while todos follow their list is read anew', async t => {
  const { store, id } = await prepare(t)
  const lists = createLists(store, USER)
  let reads = 0
  const counts = await readSettled(store, USER, async () => {
    reads += 1
    if (reads === 1) await lists.remove(id, noPrecondition)
    return countTodos(store, id)
  })
  t.strictSame([reads, counts], [2, [0, 0, MANY - 1, 1]])
})

t.test('the janitor removes a list from the trash, and its todos', async t => {
  const { url, store, id } = await prepare(t)
  const config = readConfig({ TRASH_RETENTION: `${DAY / 1000}` })
  await acts.deleting(createLists(store, USER), id)
  await settleLists(store, USER)
  const clean = async (milliseconds: number) => {
    const later = await open(t, url, new Date(NOW.getTime() + milliseconds))
    const removed = await createJanitor(later, config, todosFeature.retention)()
    await settleLists(later, USER)
    return removed
  }
  t.strictSame(await clean(DAY), { lists: 0, todos: 0 })
  t.match(await clean(DAY + 1), { lists: 1 })
  await clean(DAY + 1)
  const { lists, todos, tombstones } = allTables(store.kit)
  t.strictSame([await store.db.select().from(lists), await store.db.select().from(todos)], [[], []])
  t.equal((await store.db.select().from(tombstones).where(eq(tombstones.type, 'list'))).length, 1)
})

t.test('an id is free as soon as nobody sees its todo, however far the deletion has come', async t => {
  const { url, store, id } = await prepare(t)
  const [taken] = (await createTodos(store, USER).list({ limit: 1 })).items
  const { items: trash } = await createTodos(store, USER).list({ limit: 1, deleted: true })
  await createLists(store, USER).remove(id, noPrecondition)
  await settleLists(store, USER)
  killAt(store, 1)
  await createLists(store, USER).purge(id, noPrecondition)
  const later = await open(t, url)
  const restored = createTodos(later, USER).edit(({ restore }) => restore(`${trash[0]?.id}`))
  t.match(await restored, { listId: null, deletedAt: null }, 'what was in the trash before stays')
  const { answer } = await createTodos(later, USER).create({ id: `${taken?.id}`, title: 'anew' })
  t.match(answer, { id: taken?.id, title: 'anew', listId: null })
  const { items } = await createTodos(later, USER).list({ limit: 10 })
  t.strictSame(items.map(({ title }) => title).sort(), [trash[0]?.title, 'anew'].sort())
})
