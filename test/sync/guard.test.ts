import { eq } from 'drizzle-orm'
import t, { type Test } from 'tap'
import { openStore } from '../../src/db/store.ts'
import { allTables } from '../../src/features.ts'
import { createTombstoneRemoval } from '../../src/sync/tombstones.ts'
import { defaults } from '../../src/todos/content/content.ts'
import { toRow } from '../../src/todos/todo.ts'
import { createTodos } from '../../src/todos/todos.ts'
import { guardedDatabase } from './guarded-database.ts'

const NOW = new Date('2026-01-01T00:00:00.000Z')

/** A store whose database refuses what is written around the change sequence, and a user's todos in it. */
async function open(t: Test) {
  const url = await guardedDatabase(t)
  const store = await openStore({ url, poolMax: 2, now: () => NOW, log: { warn() {} } })
  t.teardown(store.close)
  const { users, todos, tombstones, changeSequences } = allTables(store.kit)
  const account = { username: 'ada', usernameKey: 'ada', email: 'a', emailKey: 'a', passwordHash: '' }
  await store.db.insert(users).values({ id: 'ada', ...account, createdAt: NOW })
  const { create, edit } = createTodos(store, 'ada')
  const todo = await create({ title: 'x' })
  return { store, users, todos, tombstones, changeSequences, edit, id: todo.answer.id }
}

/** The message of an error and of what has caused it. */
const toMessages = (error: unknown): string =>
  error instanceof Error ? `${error.message} ${toMessages(error.cause)}` : ''

async function assertRefused(t: Test, name: string, write: PromiseLike<unknown>) {
  const messages = await Promise.resolve(write).then(() => 'was carried out', toMessages)
  t.match(messages, /written around the change sequence/, name)
}

t.test('what is written around the sequence is refused', async t => {
  const { store, todos, tombstones, edit, id } = await open(t)
  const { db } = store
  await edit(operations => operations.patch(id, { title: 'y' }))
  const row = () => toRow({ ...defaults, title: 'x' }, { id: store.newId(), userId: 'ada', now: NOW })
  for (const changeNumber of [1, 3])
    await assertRefused(t, `a todo of ${changeNumber}`, db.insert(todos).values({ ...row(), changeNumber }))
  const isThis = eq(todos.id, id)
  for (const columns of [{ title: 'y' }, { title: 'z', isArchived: true }])
    await assertRefused(t, 'an update', db.update(todos).set(columns).where(isThis))
  await assertRefused(t, 'a number', db.update(todos).set({ changeNumber: 9 }).where(isThis))
  await assertRefused(t, 'a delete', db.delete(todos).where(isThis))

  const tombstone = { userId: 'ada', type: 'todo', id: 'z', deletedAt: NOW }
  await assertRefused(t, 'a tombstone', db.insert(tombstones).values({ ...tombstone, changeNumber: 9 }))
  await edit(operations => operations.purge(id))
  await assertRefused(t, 'a later one', db.update(tombstones).set({ changeNumber: 9 }))
  await assertRefused(t, 'a forgotten one', db.delete(tombstones))
})

t.test('what goes through the sequence is not, nor is the end of an account', async t => {
  const { store, users, todos, tombstones, changeSequences, edit, id } = await open(t)
  const { db } = store
  await edit(operations => operations.patch(id, { title: 'y' }))
  await edit(operations => operations.purge(id))
  await createTombstoneRemoval(store)(new Date(NOW.getTime() + 1), 10)
  t.match(await db.select().from(changeSequences), [{ value: 3, floor: 3 }])

  for (const title of ['a', 'b']) await edit(operations => operations.create({ ...defaults, title }))
  await edit(async operations => operations.purge((await db.select().from(todos))[0]?.id ?? ''))
  await db.delete(users)
  t.strictSame([await db.select().from(todos), await db.select().from(tombstones)], [[], []])
})
