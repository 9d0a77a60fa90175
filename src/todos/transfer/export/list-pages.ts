import { setImmediate as nextTurn } from 'node:timers/promises'
import { and, asc, eq, isNull, lt, sql } from 'drizzle-orm'
import { param, prepareStatements } from '../../../db/statements.ts'
import type { Store } from '../../../db/store.ts'
import { createBulkUpdates } from '../../bulk/bulk-updates.ts'
import { NO_DUE_KEY } from '../../content/due.ts'
import { MAX_LISTS } from '../../limits.ts'
import { readSettled } from '../../lists/transitions/settle.ts'
import { BEFORE_ALL } from '../../order/list-position.ts'
import { todoTables } from '../../tables.ts'
import type { DueTimes } from './calendar-zones.ts'
import { type ExportedTodo, toExportedTodo } from './exported-todo.ts'
import { PAGE_SIZE } from './todo-pages.ts'

const statements = prepareStatements('todos_export_list', todoTables, (db, { lists, todos }) => {
  const isInList = and(
    eq(todos.userId, param(todos.userId, 'userId')),
    eq(todos.listId, param(todos.listId, 'listId')),
    // As the indexes of lists say it.
    sql`${todos.listId} <> ''`,
    isNull(todos.deletedAt)
  )
  const paramCreation = sql`(${param(todos.createdAt, 'createdAt')}, ${param(todos.id, 'after')})`
  const paramDue = sql`(${param(todos.dueKey, 'dueKey')}, ${param(todos.id, 'after')})`
  return {
    page: db
      .select()
      .from(todos)
      .where(and(isInList, sql`(${todos.createdAt}, ${todos.id}) > ${paramCreation}`))
      .orderBy(asc(todos.createdAt), asc(todos.id))
      .limit(PAGE_SIZE),
    dues: db
      .select({ id: todos.id, dueKey: todos.dueKey, due: todos.due, series: todos.series })
      .from(todos)
      .where(
        and(
          isInList,
          lt(todos.dueKey, sql.raw(`'${NO_DUE_KEY}'`)),
          sql`(${todos.dueKey}, ${todos.id}) > ${paramDue}`
        )
      )
      .orderBy(asc(todos.dueKey), asc(todos.id))
      .limit(PAGE_SIZE),
    names: db
      .select({ id: lists.id, name: lists.name })
      .from(lists)
      .where(eq(lists.userId, param(lists.userId, 'userId')))
      .limit(MAX_LISTS)
  }
})

/** A list of a user. */
export interface ListKey {
  readonly userId: string
  readonly listId: string
}

/**
 * Reads the todos of a list in the order of their creation, page by page, as the consumer asks. A todo that is in the list from
 * start to end comes exactly once.
 * @throws {StatementError} at any page
 */
export async function* readListPages(
  store: Store,
  { userId, listId }: ListKey
): AsyncGenerator<ExportedTodo[]> {
  const { readConsistently } = createBulkUpdates(store)
  const readPage = (createdAt: Date, after: string) =>
    readSettled(store, userId, () =>
      readConsistently(userId, () => statements(store).page.execute({ userId, listId, createdAt, after }))
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

/** Reads when the todos of a list are due, page by page. @throws {StatementError} at any page */
export async function* readListDuePages(
  store: Store,
  { userId, listId }: ListKey
): AsyncGenerator<DueTimes[]> {
  const { dues } = statements(store)
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
