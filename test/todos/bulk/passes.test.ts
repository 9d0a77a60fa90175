import { asc, eq } from 'drizzle-orm'
import t from 'tap'
import { type BoundStatement, mustAffectRow, NoRowAffected } from '../../../src/db/bound-statement.ts'
import type { Store } from '../../../src/db/store.ts'
import { allTables } from '../../../src/features.ts'
import { parsePassCursor, toPassCursor } from '../../../src/todos/bulk/passes/cursor.ts'
import { ALL_IDS, countRows, type Pass } from '../../../src/todos/bulk/passes/pass.ts'
import { preparePassStatements, runInTransaction } from '../../../src/todos/bulk/passes/single-transaction.ts'
import { createSlicedUpdates } from '../../../src/todos/bulk/passes/sliced-updates.ts'
import { updateTodo } from '../../../src/todos/statements.ts'
import { createTodos } from '../../../src/todos/todos.ts'
import { serveSignedIn } from '../signed-in.ts'

/** Reads the rows of a user's todos as they are, a bulk update midway included. */
async function read({ db, kit }: Store, userId: string) {
  const { todos } = allTables(kit)
  return db.select().from(todos).where(eq(todos.userId, userId)).orderBy(asc(todos.id)).execute()
}

/** Todos with their ids in order. */
async function makeTodos(store: Store, userId: string, count: number) {
  const todos = createTodos(store, userId)
  for (let n = 0; n < count; n += 1) await todos.create({ title: `${n}` })
  return read(store, userId)
}

/** A pass that adds a letter to the titles of the todos in a range, as they are before the transaction. */
const addLetter = (store: Store, userId: string, letter: string, isCounted = true): Pass => ({
  async prepareRange({ from, to }) {
    const items = (await read(store, userId)).filter(({ id }) => id > from && id <= to)
    return items.map(({ id, title, revision: expected }) => {
      const row = { title: title + letter, revision: store.newId() }
      const statement = updateTodo(store, ['title', 'revision']).bind({ userId, id, expected, ...row })
      return isCounted ? countRows(mustAffectRow(statement)) : mustAffectRow(statement)
    })
  }
})

t.test('a cursor tells the pass and the todo', async t => {
  const id = '01a20996-fb6c-78b7-96ed-227b58a269d2'
  for (const [position, cursor] of [
    [{ passIndex: 0, id: '' }, ''],
    [{ passIndex: 0, id }, id],
    [{ passIndex: 1, id: '' }, '~'],
    [{ passIndex: 2, id }, `~~${id}`]
  ] as const) {
    t.equal(toPassCursor(position), cursor)
    t.strictSame(parsePassCursor(cursor), position)
  }
  t.equal(
    toPassCursor({ passIndex: 1, id: '~' }),
    toPassCursor({ passIndex: 2, id: '' }),
    'an end is a start'
  )
})

t.test('a change in one transaction begins anew when a todo was changed since it was read', async t => {
  const { app, user } = await serveSignedIn(t)
  const { store } = app
  const [first] = await makeTodos(store, user.id, 3)
  let runs = 0
  const run = () =>
    runInTransaction(
      store,
      user.id,
      async () => {
        runs += 1
        const passes = [addLetter(store, user.id, 'a')]
        const statements = await preparePassStatements(passes, [ALL_IDS])
        if (runs === 1)
          await createTodos(store, user.id).edit(({ patch }) => patch(`${first?.id}`, { title: 'x' }))
        return statements
      },
      () => []
    )
  t.equal(await run(), 3)
  t.equal(runs, 2)
  t.strictSame(
    (await read(store, user.id)).map(({ title }) => title),
    ['xa', '1a', '2a']
  )

  const following: BoundStatement = { name: 'following', mustAffectRow: true, run: () => [] }
  await t.rejects(
    runInTransaction(
      store,
      user.id,
      async () => [],
      () => [following]
    ),
    { message: 'following found no row', constructor: NoRowAffected },
    'what follows the change is not its own'
  )
})

t.test('passes run one after the other, in slices, and go on after a crash', async t => {
  const { app, user } = await serveSignedIn(t)
  const { store } = app
  const made = await makeTodos(store, user.id, 150)
  // Only SQLite has slices, but each engine can run them.
  const sliced: Store = { ...store, hasManyRows: () => true }
  const ends: (string | undefined)[] = []
  const createPasses = (failing = '') => [
    addLetter(store, user.id, 'a'),
    {
      ...addLetter(store, user.id, 'b', false),
      // Only every other todo counts in the size of a slice.
      async findSliceEnd(from: string, size: number) {
        const ids = made.map(({ id }) => id).filter((id, index) => id > from && index % 2 === 0)
        ends.push(ids[size - 1])
        return ids[size - 1]
      }
    },
    {
      async prepareRange() {
        if (failing) throw new Error(failing)
        return []
      }
    }
  ]
  const dying = createSlicedUpdates(sliced, async () => createPasses('killed'))
  await t.rejects(dying.run(user.id, {}, 'request'), { message: 'killed' })
  const restarted = createSlicedUpdates(sliced, async () => createPasses())
  t.equal(await restarted.run(user.id, {}, 'request'), 150, 'the rows of the first pass count')
  const titles = (await read(store, user.id)).map(({ title }) => title)
  t.strictSame(
    titles,
    made.map(({ title }) => `${title}ab`)
  )
  t.equal(ends.at(-1), undefined)
  t.ok(ends.length >= 1)
})

t.test('a slice begins anew when a todo was changed since it was read', async t => {
  const { app, user } = await serveSignedIn(t)
  const { store } = app
  const [first] = await makeTodos(store, user.id, 3)
  const sliced: Store = { ...store, hasManyRows: () => true }
  let runs = 0
  const pass = addLetter(store, user.id, 'a')
  const updates = createSlicedUpdates(sliced, async () => [
    {
      async prepareRange(range) {
        runs += 1
        const statements = await pass.prepareRange(range)
        const row = { id: first?.id, userId: user.id, expected: first?.revision }
        if (runs === 1)
          await store.atomically(
            updateTodo(store, ['title', 'revision']).bind({
              ...row,
              userId: user.id,
              title: 'x',
              revision: store.newId()
            })
          )
        return statements
      }
    }
  ])
  t.equal(await updates.run(user.id, {}, null), 3)
  t.equal(runs, 2)
  t.strictSame(
    (await read(store, user.id)).map(({ title }) => title),
    ['xa', '1a', '2a']
  )
})
