import { join } from 'node:path'
import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { openStore } from '../../../src/db/store.ts'
import { listTodos } from '../../../src/todos/query/list.ts'
import type { Filter } from '../../../src/todos/query/list-query.ts'
import { sorts } from '../../../src/todos/query/sort.ts'
import { createTodos } from '../../../src/todos/todos.ts'
import { readDuePages } from '../../../src/todos/transfer/export.ts'

/** The index of each sort field. */
const indexes = {
  position: 'todos_position',
  createdAt: 'todos_created_at',
  updatedAt: 'todos_updated_at',
  due: 'todos_due',
  priority: 'todos_priority',
  title: 'todos_title'
}

/** Filters without bounds: with a bound on a date, SQLite may use the index of that date instead, and sort. */
const filters: Filter[] = [{}, { done: true }, { priority: 'high', done: true }]

/** The lists whose todos do not follow them yet, for a todo that is in a list. Of bloom filters SQLite has its own mind. */
const OF_CHANGING_LISTS = [
  'LIST SUBQUERY 1',
  'SEARCH lists USING INDEX lists_transitions (user_id=?)',
  'CREATE BLOOM FILTER'
]

/** A store on a file with two todos, the statements it prepares, and SQLite's plan of a statement. */
async function planned(t: Test) {
  const file = join(t.testdir(), 'plans.db')
  const log = { warn: () => {} }
  const store = await openStore({ url: `file:${file}`, poolMax: 1, now: () => new Date(0), log })
  t.teardown(() => store.close())
  const prepared: string[] = []
  const { prepare } = Database.prototype
  t.teardown(() => Object.assign(Database.prototype, { prepare }))
  Database.prototype.prepare = function record(this: Database.Database, source: string) {
    prepared.push(source)
    return prepare.call(this, source)
  } as typeof prepare

  const user = store.newId()
  const connection = new Database(file)
  t.teardown(() => connection.close())
  connection
    .prepare(
      `insert into users (id, username, username_key, email, email_key, password_hash, created_at) values (?, 'a', 'a', 'a', 'a', '', 0)`
    )
    .run(user)
  for (const title of ['a', 'b'])
    await createTodos(store, user).create({
      title,
      due: { date: '2026-06-01' },
      priority: 'high',
      done: true
    })
  const explain = (source: string) =>
    connection
      .prepare(`explain query plan ${source}`)
      .all(source.match(/\?/g)?.map(() => null))
      .map(step => (step as { detail: string }).detail)
  return { store, user, prepared, explain }
}

t.test('SQLite reads every page in every order from an index, without a sort', async t => {
  const { store, user, prepared, explain } = await planned(t)
  for (const sort of sorts)
    for (const filter of filters) {
      const index = indexes[sort.replace('-', '') as keyof typeof indexes]
      prepared.length = 0
      const { nextCursor } = await listTodos(store, user, { ...filter, sort, limit: 1 })
      const pages = nextCursor === null ? 1 : 2
      if (nextCursor) await listTodos(store, user, { ...filter, sort, limit: 1, cursor: nextCursor })
      const lists = prepared.filter(source => /^select .* from "todos" .*order by/s.test(source))
      t.equal(lists.length, pages)
      for (const source of lists) {
        const [step, ...others] = explain(source)
        t.match(
          step,
          new RegExp(`^SEARCH todos USING INDEX ${index} \\(user_id=\\?`),
          `${sort} ${Object.keys(filter)}`
        )
        t.strictSame(others, OF_CHANGING_LISTS)
      }
    }
})

t.test('SQLite finds the last position, neighbours and due dates in an index', async t => {
  const { store, user, prepared, explain } = await planned(t)
  for await (const dues of readDuePages(store, user)) t.equal(dues.length, 2)
  const todos = createTodos(store, user)
  const { items } = await todos.list({ limit: 2 })
  const [a = '', b = ''] = items.map(({ id }) => id)
  for (const child of ['c', 'd']) await todos.create({ title: child, parentId: b })
  await todos.edit(operations => operations.move(a, { after: b }))
  await todos.edit(operations => operations.move(a, { before: b }))
  const { items: children } = await todos.list({ limit: 2, parent: b })
  const [c = '', d = ''] = children.map(({ id }) => id)
  await todos.edit(operations => operations.move(c, { after: d }))
  await todos.edit(operations => operations.move(c, { before: d }))
  const find = (pattern: RegExp) => prepared.filter(source => pattern.test(source))
  const searches = (source: string) =>
    explain(source).filter(step => /^(SEARCH|SCAN) todos|ORDER BY/.test(step))
  t.match(searches(find(/^select "id", "due" /)[0] ?? ''), [/^SEARCH todos USING INDEX todos_user_id_id /])
  const sources = [
    /coalesce\(\(select/,
    /\("todos"."position", "todos"."id"\) < /,
    /\("todos"."position", "todos"."id"\) > /
  ].flatMap(find)
  t.strictSame(sources.map(searches), [
    ['SEARCH todos USING INDEX todos_roots (user_id=? AND list_id=? AND position>?)'],
    ['SEARCH todos USING INDEX todos_children (user_id=? AND parent_id=? AND position>?)'],
    ['SEARCH todos USING INDEX todos_roots (user_id=? AND list_id=? AND (position,id)<(?,?))'],
    ['SEARCH todos USING INDEX todos_children (user_id=? AND parent_id=? AND (position,id)<(?,?))'],
    ['SEARCH todos USING INDEX todos_roots (user_id=? AND list_id=? AND (position,id)>(?,?))'],
    ['SEARCH todos USING INDEX todos_children (user_id=? AND parent_id=? AND (position,id)>(?,?))']
  ])
})
