import { and, asc, isNotNull, lt, sql } from 'drizzle-orm'
import type { BoundStatement } from '../db/bound-statement.ts'
import { mustAffectRow, NoRowAffected } from '../db/bound-statement.ts'
import { param, prepareStatements } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import type { RemoveOldest } from '../jobs/janitor.ts'
import { bindTombstone } from '../sync/tombstones.ts'
import { bindDeleteCompletions } from './recurrence/completions.ts'
import { todoStatements } from './statements.ts'
import { TODO_TYPE, todoTables } from './tables.ts'

/** A todo in the state that is deleted. */
interface PurgedTodo {
  readonly userId: string
  readonly id: string
  /** The revision of that state. */
  readonly expected: string | undefined
  /** How often an occurrence of it was completed. */
  readonly completionCount: number | undefined
}

/** The statements that delete a todo for good, with its completions. The todo must be there. */
export const bindPurge = (
  store: Store,
  { userId, id, expected, completionCount }: PurgedTodo
): BoundStatement[] => [
  mustAffectRow(bindTombstone(store, { userId, type: TODO_TYPE, id })),
  mustAffectRow(todoStatements(store).deleteRow.bind({ userId, id, expected })),
  ...(completionCount ? [bindDeleteCompletions(store, { userId, todoId: id })] : [])
]

const statements = prepareStatements('todos_trash', todoTables, (db, { todos }) => ({
  findOldest: db
    .select({
      userId: todos.userId,
      id: todos.id,
      expected: todos.revision,
      completionCount: todos.completionCount
    })
    .from(todos)
    .where(and(isNotNull(todos.deletedAt), lt(todos.deletedAt, param(todos.deletedAt, 'before'))))
    .orderBy(asc(todos.deletedAt))
    .limit(sql.placeholder('size'))
}))

/** Makes what empties the trash of what has been in it for long enough. */
export function createTrashRemoval(store: Store): RemoveOldest {
  async function purge(todos: readonly PurgedTodo[]): Promise<void> {
    try {
      await store.atomically(...todos.flatMap(todo => bindPurge(store, todo)))
    } catch (error) {
      // One of them was restored meanwhile. The next round takes the others.
      if (!(error instanceof NoRowAffected)) throw error
    }
  }

  return async (before, size) => {
    const todos = await statements(store).findOldest.execute({ before, size })
    for (const [, ofUser] of Map.groupBy(todos, ({ userId }) => userId)) await purge(ofUser)
    return todos.length
  }
}
