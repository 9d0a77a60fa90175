import { and, eq, isNull, sql } from 'drizzle-orm'
import { param } from '../../../db/statements.ts'
import type { Store } from '../../../db/store.ts'
import { prepareChanges } from '../../../sync/sequence.ts'
import { toChangeTime } from '../../statements.ts'
import { todoTables } from '../../tables.ts'
import { findTopmostAncestor } from '../../tree/topmost-ancestor.ts'
import type { BulkUpdateRun, Pass } from '../passes/pass.ts'
import { listCounts } from './list-counts.ts'
import { isInTreeRange, toRecountPass, toTreePass } from './subtasks.ts'
import { isLeftByRecurringPass } from './update-range.ts'

const statements = prepareChanges('bulk_completion', todoTables, (db, tables, changeNumber) => {
  const { todos } = tables
  const revision = param(todos.revision, 'revision')
  const completedAncestor = findTopmostAncestor(
    tables,
    sql`ancestor.revision = ${revision} and ancestor.done and ancestor.deleted_at is null`
  )
  return {
    /** Completes those that are below todos which the update has completed. */
    completeBelow: db
      .update(todos)
      .set({
        done: true,
        completedAt: toChangeTime(todos),
        updatedAt: toChangeTime(todos),
        revision,
        changeNumber
      })
      .where(
        and(
          isInTreeRange(tables),
          eq(todos.done, false),
          isNull(todos.deletedAt),
          isLeftByRecurringPass(tables),
          sql`${completedAncestor} is not null`
        )
      )
      .returning({ id: todos.id })
  }
})

/** The passes after todos were completed or reopened. */
export function prepareCompletionPasses(store: Store, run: BulkUpdateRun, includesChildren: boolean): Pass[] {
  const { userId, revision, startedAt: now } = run
  const passes = [
    toTreePass(store, userId, async range => [
      statements(store).completeBelow.bind({ userId, ...range, revision, now }),
      listCounts(store).countCompleted.bind({ userId, listRevision: store.newId() })
    ]),
    toRecountPass(store, run)
  ]
  return includesChildren ? passes : passes.slice(1)
}
