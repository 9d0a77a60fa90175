import { eq, inArray } from 'drizzle-orm'
import { param, prepareStatements } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import type { Feature } from '../feature.ts'
import { createBulkUpdates } from './bulk/bulk-updates.ts'
import { todoChangeSource } from './changes.ts'
import { MAX_TODO_BODY, REQUESTS_PER_MINUTE } from './limits.ts'
import { todosProblems } from './problems.ts'
import { createTrashRemoval } from './purge.ts'
import { setQuota } from './quota.ts'
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

async function removeTodosOfUser(store: Store, userId: string): Promise<void> {
  let removed: readonly unknown[]
  do removed = await statements(store).deleteSome.execute({ userId })
  while (removed.length === BATCH_SIZE)
}

/** The todos of users. */
export const todosFeature = {
  problems: todosProblems,
  tables: todoTables,
  requestsPerMinute: REQUESTS_PER_MINUTE,
  maxBody: MAX_TODO_BODY,
  transientTables: ['bulkUpdates'],
  finishPendingWork: store => createBulkUpdates(store).finishAllPending(),
  retention: [
    {
      name: 'todos',
      prepareRemoval: createTrashRemoval,
      keepForMs: ({ retention }) => retention.trashMs
    }
  ],
  changeSource: todoChangeSource,
  removeUserRows: removeTodosOfUser,
  configure: (store, { quota }) => setQuota(store, quota)
} satisfies Feature
