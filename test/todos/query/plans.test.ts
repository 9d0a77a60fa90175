import { join } from 'node:path'
import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import { openStore } from '../../../src/db/store.ts'
import { createLists } from '../../../src/todos/lists/lists.ts'
import { settleLists } from '../../../src/todos/lists/transitions/settle.ts'
import { listTodos } from '../../../src/todos/query/list.ts'
import type { Filter } from '../../../src/todos/query/list-query.ts'
import { sorts } from '../../../src/todos/query/sort.ts'
import { changeTag } from '../../../src/todos/tags/change-tag.ts'
import { createTodos } from '../../../src/todos/todos.ts'
import { readListDuePages, readListPages } from '../../../src/todos/transfer/export/list-pages.ts'
import { readDuePages } from '../../../src/todos/transfer/export/todo-pages.ts'

/** The indexes of each sort field: of the inbox, of all lists that are not archived, and of one list. */
const indexes = {
  position: 'position',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  due: 'due',
  priority: 'priority',
  title: 'title'
}

/** Filters without bounds: with a bound on a date, SQLite may use the index of that date instead, and sort. */
const filters: Filter[] = [{}, { done: true }, { priority: 'high', done: true }]

/** The steps after the first one, for pages of all lists: the lists whose todos do not follow them yet are looked up once. */
const CHANGING_LISTS = [
  'LIST SUBQUERY 2',
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
  const plansOf = async (query: Parameters<typeof listTodos>[2]) => {
    prepared.length = 0
    const { nextCursor } = await listTodos(store, user, query)
    if (nextCursor) await listTodos(store, user, { ...query, cursor: nextCursor })
    const pages = prepared.filter(source => /^select .* from "todos" .*order by/s.test(source))
    t.equal(pages.length, nextCursor === null ? 1 : 2)
    return pages.map(source =>
      explain(source).map(step => step.replace(/\(user_id=\? AND (priority=|\().*$/, '(user_id=?)'))
    )
  }
  for (const sort of sorts)
    for (const filter of filters) {
      const name = `${sort} ${Object.keys(filter)}`
      const field = indexes[sort.replace('-', '') as keyof typeof indexes]
      for (const plan of await plansOf({ ...filter, sort, limit: 1 }))
        t.strictSame(
          plan,
          [
            'MERGE (UNION ALL)',
            'LEFT',
            `SEARCH todos USING INDEX todos_inbox_${field} (user_id=?)`,
            'RIGHT',
            `SEARCH todos USING INDEX todos_active_${field} (user_id=?)`,
            ...CHANGING_LISTS
          ],
          name
        )
      for (const plan of await plansOf({ ...filter, sort, limit: 1, list: ['inbox'] }))
        t.strictSame(plan, [`SEARCH todos USING INDEX todos_inbox_${field} (user_id=?)`], name)
    }
  const [roots] = await plansOf({ list: ['inbox'], parent: 'none', limit: 1 })
  t.strictSame(roots, ['SEARCH todos USING INDEX todos_roots (user_id=? AND list_id=?)'])
})

t.test('SQLite reads every page of one list from an index of lists, without a sort', async t => {
  const { store, user, prepared, explain } = await planned(t)
  const { answer: list } = await createLists(store, user).create({ name: 'a' })
  for (const title of ['c', 'd']) await createTodos(store, user).create({ title, listId: list.id })
  for (const sort of sorts) {
    const field = indexes[sort.replace('-', '') as keyof typeof indexes]
    prepared.length = 0
    const { nextCursor } = await listTodos(store, user, { list: [list.id], sort, limit: 1 })
    await listTodos(store, user, { list: [list.id], sort, limit: 1, cursor: `${nextCursor}` })
    const pages = prepared.filter(source => /^select .* from "todos" .*order by/s.test(source))
    t.equal(pages.length, 2)
    for (const source of pages) {
      const [step, ...others] = explain(source)
      t.match(
        step,
        new RegExp(`^SEARCH todos USING INDEX todos_list_${field} \\(user_id=\\? AND list_id=\\?`),
        sort
      )
      t.strictSame(others, [])
    }
  }
})

t.test('SQLite finds the todos that follow their list in an index', async t => {
  const { store, user, prepared, explain } = await planned(t)
  const lists = createLists(store, user)
  const { answer: list } = await lists.create({ name: 'a' })
  await createTodos(store, user).create({ title: 'c', listId: list.id })
  const noPrecondition = () => {}
  await lists.patch(list.id, { archived: true }, noPrecondition)
  await lists.patch(list.id, { archived: false }, noPrecondition)
  await lists.remove(list.id, noPrecondition)
  await lists.restore(list.id, noPrecondition)
  await lists.purge(list.id, noPrecondition)
  await settleLists(store, user)
  const sources = prepared.filter(
    source =>
      /("list_id"|"deleted_with") = .*"todos"."id"\)? > /s.test(source) ||
      /not exists .*"todos"/s.test(source)
  )
  t.ok(sources.length >= 8)
  for (const source of sources) {
    // A todo has few ancestors to order.
    const ordered = source.includes('recursive ancestors') ? '' : '|ORDER BY'
    const steps = explain(source).filter(step => new RegExp(` todos\\b${ordered}`).test(step))
    t.ok(steps.length > 0)
    for (const step of steps)
      t.match(
        step,
        /^SEARCH todos USING (COVERING )?INDEX todos_(list_\w+|trash_list|deleted_with) \(user_id=\? AND (list_id|deleted_with)=\?/,
        source
      )
  }
})

t.test('SQLite reads the export of a list and of the inbox from indexes, without a sort', async t => {
  const { store, user, prepared, explain } = await planned(t)
  const pages = async (listRef: string) => {
    const list = { userId: user, listRef }
    for await (const _todos of readListPages(store, list));
    for await (const _dues of readListDuePages(store, list));
  }
  await pages(user)
  await pages('inbox')
  const sources = prepared.filter(source => /^select .*"list_id" = .*order by/s.test(source))
  t.strictSame(sources.map(explain), [
    ['SEARCH todos USING INDEX todos_list_created_at (user_id=? AND list_id=? AND (created_at,id)>(?,?))'],
    [
      'SEARCH todos USING INDEX todos_list_due (user_id=? AND list_id=? AND (due_key,id)>(?,?) AND due_key<?)'
    ],
    ['SEARCH todos USING INDEX todos_inbox_created_at (user_id=? AND (created_at,id)>(?,?))'],
    ['SEARCH todos USING INDEX todos_inbox_due (user_id=? AND (due_key,id)>(?,?) AND due_key<?)']
  ])
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
  t.match(searches(find(/^select "id", "due", "series" /)[0] ?? ''), [
    /^SEARCH todos USING INDEX todos_user_id_id /
  ])
  const sources = [
    /coalesce\(+select/,
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

t.test('SQLite finds the todos with a renamed tag by their ids, however many todos there are', async t => {
  const { store, user, prepared, explain } = await planned(t)
  await createTodos(store, user).create({ title: 'c', tags: ['old'] })
  prepared.length = 0
  t.equal(await changeTag(store, user, 'old', 'new'), 1)
  const [update = ''] = prepared.filter(source => /^update "todos" .*json_each/s.test(source))
  t.strictSame(explain(update).slice(0, 4), [
    'MATERIALIZE elements',
    'SCAN json_each VIRTUAL TABLE INDEX 1:',
    'SCAN elements',
    'SEARCH todos USING INDEX todos_user_id_id (user_id=? AND id=?)'
  ])
})
