import { setImmediate as nextTurn } from 'node:timers/promises'
import { and, asc, eq, isNull, lt, type SQL, sql } from 'drizzle-orm'
import { param, prepareShapes, prepareStatements } from '../../../db/statements.ts'
import type { Store } from '../../../db/store.ts'
import { createBulkUpdates } from '../../bulk/bulk-updates.ts'
import { NO_DUE_KEY } from '../../content/due.ts'
import { MAX_LISTS } from '../../limits.ts'
import { readSettled } from '../../lists/transitions/settle.ts'
import { BEFORE_ALL } from '../../order/list-position.ts'
import { INBOX_REF } from '../../query/list-query.ts'
import { type TodoTables, todoTables } from '../../tables.ts'
import type { DueTimes } from './calendar-zones.ts'
import { type ExportedTodo, toExportedTodo } from './exported-todo.ts'
import { PAGE_SIZE } from './todo-pages.ts'

/** Of which todos: those of one list, or those of none. Each has its own indexes. */
type Scope = 'list' | 'inbox'

const isInScope = ({ todos }: TodoTables, scope: Scope): SQL | undefined =>
  and(
    eq(todos.userId, param(todos.userId, 'userId')),
    // As the indexes say it.
    ...(scope === 'inbox'
      ? [sql`${todos.listId} = ''`]
      : [eq(todos.listId, param(todos.listId, 'listId')), sql`${todos.listId} <> ''`]),
    isNull(todos.deletedAt)
  )

const selectPage = prepareShapes('todos_export_list_page', ({ db, kit }, scope: Scope) => {
  const tables = todoTables(kit)
  const { todos } = tables
  const paramCreation = sql`(${param(todos.createdAt, 'createdAt')}, ${param(todos.id, 'after')})`
  return db
    .select()
    .from(todos)
    .where(and(isInScope(tables, scope), sql`(${todos.createdAt}, ${todos.id}) > ${paramCreation}`))
    .orderBy(asc(todos.createdAt), asc(todos.id))
    .limit(PAGE_SIZE)
})

const selectDues = prepareShapes('todos_export_list_dues', ({ db, kit }, scope: Scope) => {
  const tables = todoTables(kit)
  const { todos } = tables
  const paramDue = sql`(${param(todos.dueKey, 'dueKey')}, ${param(todos.id, 'after')})`
  return db
    .select({ id: todos.id, dueKey: todos.dueKey, due: todos.due, series: todos.series })
    .from(todos)
    .where(
      and(
        isInScope(tables, scope),
        lt(todos.dueKey, sql.raw(`'${NO_DUE_KEY}'`)),
        sql`(${todos.dueKey}, ${todos.id}) > ${paramDue}`
      )
    )
    .orderBy(asc(todos.dueKey), asc(todos.id))
    .limit(PAGE_SIZE)
})

const statements = prepareStatements('todos_export_list', todoTables, (db, { lists }) => ({
  names: db
    .select({ id: lists.id, name: lists.name })
    .from(lists)
    .where(eq(lists.userId, param(lists.userId, 'userId')))
    .limit(MAX_LISTS)
}))

/** A list of a user, or the inbox. */
export interface ListKey {
  readonly userId: string
  /** The id of the list, or `inbox`. */
  readonly listRef: string
}

const toScope = ({ listRef }: ListKey): Scope => (listRef === INBOX_REF ? 'inbox' : 'list')

/**
 * Reads the todos of a list or of the inbox in the order of their creation, page by page, as the consumer asks. A todo that is in the list from
 * start to end comes exactly once.
 * @throws {StatementError} at any page
 */
export async function* readListPages(store: Store, list: ListKey): AsyncGenerator<ExportedTodo[]> {
  const { userId, listRef: listId } = list
  const { readConsistently } = createBulkUpdates(store)
  const page = selectPage(store, toScope(list))
  const readPage = (createdAt: Date, after: string) =>
    readSettled(store, userId, () =>
      readConsistently(userId, () => page.execute({ userId, listId, createdAt, after }))
    )
  let rows = await readPage(FIRST_INSTANT, BEFORE_ALL)
  for (let last = rows.at(-1); last; last = rows.at(-1)) {
    yield rows.map(toExportedTodo)
    await nextTurn()
    rows = await readPage(last.createdAt, last.id)
  }
}

/** Before all todos. */
const FIRST_INSTANT = new Date('0001-01-01T00:00:00Z')

/** Reads when these todos are due, page by page. @throws {StatementError} at any page */
export async function* readListDuePages(store: Store, list: ListKey): AsyncGenerator<DueTimes[]> {
  const { userId, listRef: listId } = list
  const dues = selectDues(store, toScope(list))
  let rows = await dues.execute({ userId, listId, dueKey: '', after: BEFORE_ALL })
  for (let last = rows.at(-1); last; last = rows.at(-1)) {
    yield rows
    await nextTurn()
    rows = await dues.execute({ userId, listId, dueKey: last.dueKey, after: last.id })
  }
}

/** Reads the names of a user's lists, by their ids. @throws {StatementError} */
export async function readListNames(store: Store, userId: string): Promise<ReadonlyMap<string, string>> {
  const rows = await statements(store).names.execute({ userId })
  return new Map(rows.map(({ id, name }) => [id, name]))
}
