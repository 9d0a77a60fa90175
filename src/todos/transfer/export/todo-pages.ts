import { setImmediate as nextTurn } from 'node:timers/promises'
import { and, asc, eq, gt, isNull, lt, type SQL, sql } from 'drizzle-orm'
import { param, prepareStatements } from '../../../db/statements.ts'
import type { Store } from '../../../db/store.ts'
import { createBulkUpdates } from '../../bulk/bulk-updates.ts'
import { NO_DUE_KEY } from '../../content/due.ts'
import { readSettled } from '../../lists/transitions/settle.ts'
import { BEFORE_ALL } from '../../order/list-position.ts'
import { todoTables } from '../../tables.ts'
import type { Todo } from '../../todo.ts'
import type { DueTimes } from './calendar-zones.ts'
import { toExportedTodo } from './exported-todo.ts'

/** Todos in a page, so that memory does not grow with the number of todos. */
export const PAGE_SIZE = 100

const statements = prepareStatements('todos_export', todoTables, (db, { todos }) => {
  const belongsToUser = eq(todos.userId, param(todos.userId, 'userId'))
  const selectPage = (condition?: SQL) =>
    db
      .select()
      .from(todos)
      .where(and(belongsToUser, gt(todos.id, param(todos.id, 'after')), condition))
      .orderBy(asc(todos.id))
      .limit(PAGE_SIZE)
  const dues = db
    .select({ id: todos.id, due: todos.due, series: todos.series })
    .from(todos)
    .where(
      and(
        belongsToUser,
        isNull(todos.deletedAt),
        lt(todos.dueKey, sql.raw(`'${NO_DUE_KEY}'`)),
        gt(todos.id, param(todos.id, 'after'))
      )
    )
    .orderBy(asc(todos.id))
    .limit(PAGE_SIZE)
  return { all: selectPage(), listed: selectPage(isNull(todos.deletedAt)), dues }
})

/**
 * Reads a user's todos in the order of their ids, page by page, as the consumer asks. A todo that exists from start to end
 * comes exactly once, whatever is written meanwhile.
 * @param scope `all` includes the trash, `listed` does not
 * @throws {StatementError} at any page
 */
export async function* readTodoPages(store: Store, userId: string, scope: 'all' | 'listed') {
  const { readConsistently } = createBulkUpdates(store)
  const readPage = (after: string) =>
    readSettled(store, userId, () =>
      readConsistently(userId, () => statements(store)[scope].execute({ userId, after }))
    )
  let rows = await readPage(BEFORE_ALL)
  for (let last = rows.at(-1); last; last = rows.at(-1)) {
    yield rows.map(toExportedTodo)
    // Otherwise a fast socket and a fast database would leave no turn to other requests.
    await nextTurn()
    rows = await readPage(last.id)
  }
}

/** Reads when the todos in a user's list are due, page by page. @throws {StatementError} at any page */
export async function* readDuePages(store: Store, userId: string): AsyncGenerator<DueTimes[]> {
  const owner = todoTables(store.kit).todos.userId
  // Long, since few todos may have a due date.
  const readPage = (after: string) => statements(store).dues.executeLong({ userId, after }, owner)
  let rows = await readPage(BEFORE_ALL)
  for (let last = rows.at(-1); last; last = rows.at(-1)) {
    yield rows
    await nextTurn()
    rows = await readPage(last.id)
  }
}

/** Writes todos as lines of JSON (NDJSON). */
export async function* toNdjson(pages: AsyncIterable<Todo[]>, serialize: (todo: Todo) => string) {
  for await (const todos of pages) yield todos.map(todo => `${serialize(todo)}\n`).join('')
}
