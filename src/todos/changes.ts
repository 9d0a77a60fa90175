import { prepareStatements } from '../db/statements.ts'
import { type ChangeSource, inChangeRange, toRangeParams } from '../sync/change-source.ts'
import { createBulkUpdates } from './bulk/bulk-updates.ts'
import { TODO_TYPE, todoTables } from './tables.ts'
import { toTodo } from './todo.ts'

/** Characters of a todo as JSON, beside its title and its description. */
const BASE_SIZE = 500

const statements = prepareStatements('todos_changes', todoTables, (db, { todos }) => {
  const { condition, order, limit } = inChangeRange(todos)
  return {
    find: db
      .select()
      .from(todos)
      .where(condition)
      .orderBy(...order)
      .limit(limit)
  }
})

/** The todos, for those who follow the changes. */
export const todoChangeSource: ChangeSource = {
  type: TODO_TYPE,
  columns: kit => todoTables(kit).todos,
  readConsistently: (store, userId, read) => createBulkUpdates(store).readConsistently(userId, read),
  async readChanged(store, userId, range, limit) {
    const rows = await statements(store).find.execute(toRangeParams(userId, range, limit))
    return rows.map(row => ({
      type: TODO_TYPE,
      id: row.id,
      number: row.changeNumber,
      item: toTodo(row),
      size: BASE_SIZE + row.title.length + (row.description?.length ?? 0)
    }))
  }
}
