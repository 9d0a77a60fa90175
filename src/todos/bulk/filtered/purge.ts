import { and, eq, inArray, isNotNull, ne, sql } from 'drizzle-orm'
import type { ColumnKit } from '../../../db/columns.ts'
import { oncePerEngine, param, prepareStatements } from '../../../db/statements.ts'
import type { Store } from '../../../db/store.ts'
import { prepareChange, prepareChanges } from '../../../sync/sequence.ts'
import { insertTombstones } from '../../../sync/tombstones.ts'
import { TODO_TYPE, type TodoTables, todoTables } from '../../tables.ts'
import { findTopmostAncestor } from '../../tree/topmost-ancestor.ts'
import type { BulkUpdateRun, Pass } from '../passes/pass.ts'
import { countInLists } from './list-counts.ts'
import { isInTreeRange, recountChildren, toTreePass } from './subtasks.ts'
import { isInRange } from './update-range.ts'

/*
 * What is to be deleted for good gets the revision of the update first. It is deleted when all of it is known: then a subtask
 * counts that passes the filter itself, wherever its parent is.
 */

const isDoomed = ({ todos }: TodoTables) =>
  and(eq(todos.revision, param(todos.revision, 'revision')), isNotNull(todos.deletedAt))

const changes = prepareChanges('bulk_purge', todoTables, (db, tables, changeNumber) => {
  const { todos } = tables
  const revision = param(todos.revision, 'revision')
  const doomedAncestor = findTopmostAncestor(
    tables,
    sql`ancestor.revision = ${revision} and ancestor.deleted_at is not null`
  )
  const isDoomedInRange = and(isInRange(tables), isDoomed(tables))
  return {
    doomBelow: db
      .update(todos)
      .set({ revision, changeNumber })
      .where(and(isInTreeRange(tables), ne(todos.revision, revision), sql`${doomedAncestor} is not null`))
      .returning({ id: todos.id }),
    /** What went into the trash with its list still counts there. */
    countLeaving: countInLists(
      db,
      tables,
      changeNumber,
      -1,
      and(isDoomedInRange, eq(todos.done, false), eq(todos.deletedWith, todos.listId))
    ),
    uncount: recountChildren(db, tables, changeNumber, {
      isChild: isDoomedInRange,
      isParent: ne(todos.revision, revision),
      isLeaving: sql`child.revision = ${revision} and child.deleted_at is not null`
    })
  }
})

const DELETED = { type: TODO_TYPE, columns: (kit: ColumnKit) => todoTables(kit).todos }

const getTombstones = oncePerEngine(engine => {
  const tables = todoTables(engine.kit)
  return prepareChange(engine, 'bulk_purge_tombstones', (db, changeNumber) =>
    insertTombstones(engine, db, changeNumber, DELETED, and(isInRange(tables), isDoomed(tables)))
  )
})

const deletions = prepareStatements('bulk_purge', todoTables, (db, tables) => {
  const { todos, completions } = tables
  const isDoomedInRange = and(isInRange(tables), isDoomed(tables))
  return {
    deleteCompletions: db
      .delete(completions)
      .where(
        and(
          eq(completions.userId, param(completions.userId, 'userId')),
          inArray(
            completions.todoId,
            db
              .select({ id: todos.id })
              .from(todos)
              .where(and(isDoomedInRange, sql`${todos.completionCount} > 0`))
          )
        )
      )
      .returning({ id: completions.id }),
    deleteTodos: db.delete(todos).where(isDoomedInRange).returning({ id: todos.id })
  }
})

/** The passes after todos of the trash were chosen: over their subtasks, which go with them; then the deletion. */
export function preparePurgePasses(store: Store, { userId, revision }: BulkUpdateRun): Pass[] {
  const { doomBelow, countLeaving, uncount } = changes(store)
  const { deleteCompletions, deleteTodos } = deletions(store)
  return [
    toTreePass(store, userId, async range => [doomBelow.bind({ userId, ...range, revision })]),
    {
      async prepareRange(range) {
        const params = { userId, ...range, revision }
        return [
          countLeaving.bind({ ...params, listRevision: store.newId() }),
          // The parents that stay get another revision than that of the update.
          uncount.bind({ ...params, parentRevision: store.newId() }),
          deleteCompletions.bind(params),
          getTombstones(store).bind({ ...params, deletedAt: store.now() }),
          deleteTodos.bind(params)
        ]
      }
    }
  ]
}
