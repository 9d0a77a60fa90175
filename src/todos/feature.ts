import { eq, inArray } from 'drizzle-orm'
import { param, prepareStatements } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import type { Feature } from '../feature.ts'
import { createBulkUpdates } from './bulk/bulk-updates.ts'
import { todoChangeSource } from './changes.ts'
import { MAX_TODO_BODY, REQUESTS_PER_MINUTE } from './limits.ts'
import { listChangeSource } from './lists/changes.ts'
import { listsProblems } from './lists/problems.ts'
import { settleAllLists, stopSettling } from './lists/transitions/settle.ts'
import { createListRemoval } from './lists/transitions/trash.ts'
import { todosProblems } from './problems.ts'
import { createTrashRemoval } from './purge.ts'
import { setQuota } from './quota.ts'
import { todoTables } from './tables.ts'

/** Rows that are removed at a time: few enough for other requests to go in between. */
const BATCH_SIZE = 500

const statements = prepareStatements('todos_removal', todoTables, (db, { todos, completions }) => {
  const deleteSome = (table: typeof todos | typeof completions) =>
    db
      .delete(table)
      .where(
        inArray(
          table.id,
          db
            .select({ id: table.id })
            .from(table)
            .where(eq(table.userId, param(table.userId, 'userId')))
            .limit(BATCH_SIZE)
        )
      )
      .returning({ id: table.id })
  return { deleteTodos: deleteSome(todos), deleteCompletions: deleteSome(completions) }
})

async function removeTodosOfUser(store: Store, userId: string): Promise<void> {
  for (const statement of Object.values(statements(store))) {
    let removed: readonly unknown[]
    do removed = await statement.execute({ userId })
    while (removed.length === BATCH_SIZE)
  }
}

/** The todos of users. */
export const todosFeature = {
  problems: { ...todosProblems, ...listsProblems },
  tables: todoTables,
  requestsPerMinute: REQUESTS_PER_MINUTE,
  maxBody: MAX_TODO_BODY,
  transientTables: ['bulkUpdates'],
  async finishPendingWork(store) {
    await createBulkUpdates(store).finishAllPending()
    await settleAllLists(store)
  },
  stopPendingWork: stopSettling,
  retention: [
    // First the lists, so that none comes back without todos that went with it.
    {
      name: 'lists',
      prepareRemoval: createListRemoval,
      keepForMs: ({ retention }) => retention.trashMs
    },
    {
      name: 'todos',
      prepareRemoval: createTrashRemoval,
      keepForMs: ({ retention }) => retention.trashMs
    }
  ],
  changeSources: [listChangeSource, todoChangeSource],
  removeUserRows: removeTodosOfUser,
  configure: (store, { quota }) => setQuota(store, quota)
} satisfies Feature
