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

const statements = prepareChanges('bulk_deletion', todoTables, (db, tables, changeNumber) => {
  const { todos } = tables
  const revision = param(todos.revision, 'revision')
  // Nothing else in the trash has the revision of the update.
  const deletedAncestor = findTopmostAncestor(
    tables,
    sql`ancestor.revision = ${revision} and ancestor.deleted_at is not null`
  )
  return {
    /** Puts those into the trash that are below todos which the update has put there. */
    deleteBelow: db
      .update(todos)
      .set({
        deletedAt: toChangeTime(todos),
        updatedAt: toChangeTime(todos),
        deletedWith: deletedAncestor,
        revision,
        changeNumber
      })
      .where(and(isInTreeRange(tables), isNull(todos.deletedAt), sql`${deletedAncestor} is not null`))
      .returning({ id: todos.id }),
    /** Makes one act of what the update has put into the trash by itself, and what is above it. */
    joinDeletions: db
      .update(todos)
      .set({ deletedWith: deletedAncestor, revision, changeNumber })
      .where(
        and(
          isInTreeRange(tables),
          eq(todos.revision, revision),
          eq(todos.deletedWith, todos.id),
          sql`${deletedAncestor} is not null`
        )
      )
      .returning({ id: todos.id })
  }
})

/** The passes after todos were put into the trash: their subtasks go with them. */
export function prepareDeletionPasses(store: Store, run: BulkUpdateRun): Pass[] {
  const { userId, revision, startedAt: now } = run
  const { deleteBelow, joinDeletions } = statements(store)
  return [
    toTreePass(store, userId, async range => {
      const params = { userId, ...range, revision, now }
      return [
        deleteBelow.bind(params),
        listCounts(store).countDeleted.bind({ userId, listRevision: store.newId() }),
        joinDeletions.bind(params)
      ]
    }),
    toRecountPass(store, run)
  ]
}
