import { eq, inArray } from 'drizzle-orm'
import { param, prepareStatements } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { todoTables } from './tables.ts'

/** Todos that are removed at a time: few enough for other requests to go in between. */
const BATCH_SIZE = 500

const statements = prepareStatements('todos_removal', todoTables, (db, { todos }) => ({
  deleteSome: db
    .delete(todos)
    .where(
      inArray(
        todos.id,
        db
          .select({ id: todos.id })
          .from(todos)
          .where(eq(todos.userId, param(todos.userId, 'userId')))
          .limit(BATCH_SIZE)
      )
    )
    .returning({ id: todos.id })
}))

/** Removes all todos of a user, in batches. */
export async function removeTodosOfUser(store: Store, userId: string): Promise<void> {
  let removed: readonly unknown[]
  do removed = await statements(store).deleteSome.execute({ userId })
  while (removed.length === BATCH_SIZE)
}
