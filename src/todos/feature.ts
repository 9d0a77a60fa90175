import type { Feature } from '../feature.ts'
import { createBulkUpdates } from './bulk/bulk-update-slices.ts'
import { MAX_TODO_BODY, REQUESTS_PER_MINUTE } from './limits.ts'
import { todosProblems } from './problems.ts'
import { setQuota } from './quota.ts'
import { removeTodosOfUser } from './removal.ts'
import { todoTables } from './tables.ts'

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
      age: kit => todoTables(kit).todos.deletedAt,
      keepFor: ({ TRASH_RETENTION }) => TRASH_RETENTION
    }
  ],
  removeUserRows: removeTodosOfUser,
  configure: (store, { MAX_TODOS, MAX_TODO_BYTES }) =>
    setQuota(store, { todos: MAX_TODOS, bytes: MAX_TODO_BYTES })
} satisfies Feature
