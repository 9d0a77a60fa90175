import { and, eq, isNotNull, isNull, ne, sql } from 'drizzle-orm'
import { param } from '../../../db/statements.ts'
import type { Store } from '../../../db/store.ts'
import { prepareChanges } from '../../../sync/sequence.ts'
import { toChangeTime } from '../../statements.ts'
import { todoTables } from '../../tables.ts'
import { findTopmostAncestor } from '../../tree/topmost-ancestor.ts'
import type { BulkUpdateRun, IdRange, Pass } from '../passes/pass.ts'
import { countInLists } from './list-counts.ts'
import { isInTreeRange, recountChildren, toRecountPass, toTreePass } from './subtasks.ts'
import { isInRange } from './update-range.ts'

/*
 * What was restored has the revision of the update, and `deleted_with` as it was in the trash until the end: by that, the
 * subtasks are found that were deleted with it.
 */

const statements = prepareChanges('bulk_restoration', todoTables, (db, tables, changeNumber) => {
  const { todos } = tables
  const userId = param(todos.userId, 'userId')
  const revision = param(todos.revision, 'revision')
  const isRestored = and(eq(todos.revision, revision), isNull(todos.deletedAt))
  const ancestorIsRestored = sql`ancestor.revision = ${revision} and ancestor.deleted_at is null`
  const restoredAncestor = findTopmostAncestor(tables, ancestorIsRestored)
  const companion = findTopmostAncestor(
    tables,
    sql`${ancestorIsRestored} and ancestor.deleted_with = ${todos.deletedWith}`
  )
  const newRoot = findTopmostAncestor(tables, sql`${ancestorIsRestored} and ancestor.parent_id = ''`)
  const parentId = sql`(select parent.id from todos as parent
    where parent.user_id = ${userId} and parent.id = ${todos.parentId} and parent.deleted_at is null)`
  const isLost = and(isInTreeRange(tables), isRestored, sql`${todos.parentId} <> '' and ${parentId} is null`)
  const listId = sql`(select list.id from lists as list
    where list.user_id = ${userId} and list.id = ${todos.listId} and list.deleted_at is null)`
  const isWithoutList = sql`${todos.listId} <> '' and ${listId} is null`
  const isArchived = sql`exists (select 1 from lists as list
    where list.user_id = ${userId} and list.id = ${todos.listId} and list.archived_at is not null
      and coalesce(list.transition, '') <> 'unarchiving')`
  const isOpen = and(isInRange(tables), isRestored, eq(todos.done, false))
  return {
    /** Restores what was deleted with todos above that the update has restored. */
    restoreBelow: db
      .update(todos)
      .set({ deletedAt: null, updatedAt: toChangeTime(todos), revision, changeNumber })
      .where(
        and(
          isInTreeRange(tables),
          isNotNull(todos.deletedAt),
          ne(todos.deletedWith, ''),
          sql`${companion} is not null`
        )
      )
      .returning({ id: todos.id }),
    /** Takes restored todos off the counts of parents that stay in the trash. */
    uncountLost: recountChildren(db, tables, changeNumber, {
      isChild: isLost,
      isLeaving: sql`child.deleted_at is null`
    }),
    /** Makes restored todos whose parents are not there nobody's subtasks. */
    detach: db
      .update(todos)
      .set({ parentId: '', rootId: '', revision, changeNumber })
      .where(isLost)
      .returning({ id: todos.id }),
    /** What is below those, in the trash or not, belongs to their trees, and to no list without them. */
    follow: db
      .update(todos)
      .set({
        rootId: sql`coalesce(${newRoot}, ${todos.rootId})`,
        // Those that are restored are counted before they leave their list.
        listId: sql`case when ${todos.deletedAt} is null then ${todos.listId} else coalesce(${listId}, '') end`,
        revision,
        changeNumber
      })
      .where(
        and(
          isInTreeRange(tables),
          sql`${restoredAncestor} is not null and (${newRoot} <> ${todos.rootId} or ${isNotNull(todos.deletedAt)} and ${isWithoutList})`
        )
      )
      .returning({ id: todos.id }),
    /** Takes restored todos off the counts of lists that stay in the trash, with which they had gone. */
    countLeaving: countInLists(
      db,
      tables,
      changeNumber,
      -1,
      and(isOpen, eq(todos.deletedWith, todos.listId))
    ),
    moveToInbox: db
      .update(todos)
      .set({ listId: '', revision, changeNumber })
      .where(and(isInRange(tables), isRestored, isWithoutList))
      .returning({ id: todos.id }),
    countEntering: countInLists(db, tables, changeNumber, 1, isOpen),
    /** Ends it: from now on nothing tells that they were in the trash. */
    finish: db
      .update(todos)
      .set({ deletedWith: '', isArchived, revision, changeNumber })
      .where(and(isInRange(tables), isRestored))
      .returning({ id: todos.id })
  }
})

/**
 * The passes after todos were taken out of the trash: over subtasks, which come with the todos with which they were deleted, and
 * which are nobody's subtasks without their parents; then over the todos, which are in the inbox without their lists.
 */
export function prepareRestorationPasses(store: Store, run: BulkUpdateRun): Pass[] {
  const { userId, revision, startedAt: now } = run
  const toParams = (range: IdRange) => ({ userId, ...range, revision, parentRevision: revision, now })
  const { restoreBelow, uncountLost, detach, follow } = statements(store)
  const { countLeaving, moveToInbox, countEntering, finish } = statements(store)
  return [
    toTreePass(store, userId, async range => [restoreBelow.bind(toParams(range))]),
    toTreePass(store, userId, async range => [uncountLost, detach].map(({ bind }) => bind(toParams(range)))),
    toTreePass(store, userId, async range => [follow.bind(toParams(range))]),
    {
      async prepareRange(range) {
        const params = { ...toParams(range), listRevision: store.newId() }
        return [countLeaving, moveToInbox, countEntering, finish].map(({ bind }) => bind(params))
      }
    },
    toRecountPass(store, run)
  ]
}
