import { and, asc, eq, isNotNull, lt, sql } from 'drizzle-orm'
import type { BoundStatement } from '../db/bound-statement.ts'
import { mustAffectRow, NoRowAffected } from '../db/bound-statement.ts'
import { param, prepareStatements } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import type { RemoveOldest } from '../jobs/janitor.ts'
import { prepareChanges } from '../sync/sequence.ts'
import { bindTombstone } from '../sync/tombstones.ts'
import { bindDeleteCompletions } from './recurrence/completions.ts'
import { todoStatements } from './statements.ts'
import { TODO_TYPE, type TodoRow, todoTables } from './tables.ts'

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
      completionCount: todos.completionCount,
      parentId: todos.parentId,
      deletedWith: todos.deletedWith,
      done: todos.done
    })
    .from(todos)
    .where(and(isNotNull(todos.deletedAt), lt(todos.deletedAt, param(todos.deletedAt, 'before'))))
    .orderBy(asc(todos.deletedAt))
    .limit(sql.placeholder('size'))
}))

const parentChanges = prepareChanges('todos_trash', todoTables, (db, { todos }, changeNumber) => ({
  uncount: db
    .update(todos)
    .set({
      childCount: sql`${todos.childCount} - 1`,
      openChildCount: sql`${todos.openChildCount} - ${param(todos.openChildCount, 'open')}`,
      revision: param(todos.revision, 'revision'),
      changeNumber
    })
    .where(and(eq(todos.userId, param(todos.userId, 'userId')), eq(todos.id, param(todos.id, 'parentId'))))
    .returning({ id: todos.id })
}))

/** A todo that has been in the trash for long enough. */
interface ExpiredTodo extends PurgedTodo, Pick<TodoRow, 'parentId' | 'deletedWith' | 'done'> {}

/** Makes what empties the trash of what has been in it for long enough. */
export function createTrashRemoval(store: Store): RemoveOldest {
  /** Takes a todo off the counts of its parent, with which it was deleted, and which may be restored until its own turn. */
  const bindUncount = ({ userId, parentId, done }: ExpiredTodo): BoundStatement =>
    parentChanges(store).uncount.bind({ userId, parentId, open: Number(!done), revision: store.newId() })

  async function purge(todos: readonly ExpiredTodo[]): Promise<void> {
    const purgedIds = new Set(todos.map(({ id }) => id))
    const isLeavingParent = ({ id, parentId, deletedWith }: ExpiredTodo) =>
      parentId !== '' && !['', id].includes(deletedWith) && !purgedIds.has(parentId)
    const statements = todos.flatMap(todo => [
      ...(isLeavingParent(todo) ? [bindUncount(todo)] : []),
      ...bindPurge(store, todo)
    ])
    try {
      await store.atomically(...statements)
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
