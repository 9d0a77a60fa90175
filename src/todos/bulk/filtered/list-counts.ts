import { and, count, eq, isNull, type SQL, sql } from 'drizzle-orm'
import type { Queries } from '../../../db/engine.ts'
import { param } from '../../../db/statements.ts'
import { prepareChanges } from '../../../sync/sequence.ts'
import { type TodoTables, todoTables } from '../../tables.ts'

/** Selects the todos that the statement before has written: the numbers of a transaction's changes follow each other. */
const wasJustChanged = ({ todos }: TodoTables, changeNumber: SQL): SQL =>
  sql`${todos.changeNumber} = ${changeNumber} - 1`

/**
 * Counts todos in their lists, in one statement. It needs `listRevision`, a new revision for the lists.
 * @param sign whether the todos are added or taken away
 * @param condition of the todos
 */
export function countInLists(
  db: Queries,
  { todos, lists }: TodoTables,
  changeNumber: SQL,
  sign: 1 | -1,
  condition: SQL | undefined
) {
  const counted = db
    .select({ listId: todos.listId, todos: count().as('counted') })
    .from(todos)
    .where(and(eq(todos.userId, param(todos.userId, 'userId')), sql`${todos.listId} <> ''`, condition))
    .groupBy(todos.listId)
    .as('todos_of_list')
  return db
    .update(lists)
    .set({
      changeNumber,
      revision: param(lists.revision, 'listRevision'),
      openCount: sql`${lists.openCount} + ${sql.raw(`${sign}`)} * ${counted.todos}`
    })
    .from(counted)
    .where(and(eq(lists.userId, param(lists.userId, 'userId')), eq(lists.id, counted.listId)))
    .returning({ id: lists.id })
}

/** Statements that count in their lists the todos which the statement before has written. */
export const listCounts = prepareChanges('bulk_lists', todoTables, (db, tables, changeNumber) => {
  const justChanged = wasJustChanged(tables, changeNumber)
  const isOpen = eq(tables.todos.done, false)
  return {
    /** They were completed. */
    countCompleted: countInLists(db, tables, changeNumber, -1, and(justChanged, eq(tables.todos.done, true))),
    /** They were reopened. */
    countReopened: countInLists(db, tables, changeNumber, 1, and(justChanged, isOpen)),
    /** They came into their lists, some of them in the trash. */
    countEntering: countInLists(
      db,
      tables,
      changeNumber,
      1,
      and(justChanged, isOpen, isNull(tables.todos.deletedAt))
    ),
    /** They were put into the trash. */
    countDeleted: countInLists(db, tables, changeNumber, -1, and(justChanged, isOpen))
  }
})
