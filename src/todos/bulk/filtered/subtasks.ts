import { and, asc, eq, gt, isNull, lte, type SQL, sql } from 'drizzle-orm'
import { param, prepareStatements } from '../../../db/statements.ts'
import type { Store } from '../../../db/store.ts'
import { prepareChanges } from '../../../sync/sequence.ts'
import { toChangeTime } from '../../statements.ts'
import { type TodoTables, todoTables } from '../../tables.ts'
import type { Pass } from '../passes/pass.ts'

/*
 * A pass over subtasks goes from tree to tree: a range is one of the todos at the tops of trees. So each slice has whole trees,
 * and a user without subtasks has one slice.
 */

/** Selects the subtasks in the trees of a range. */
export const areSubtasksInRange = ({ todos }: TodoTables): SQL | undefined =>
  and(
    eq(todos.userId, param(todos.userId, 'userId')),
    gt(todos.rootId, param(todos.rootId, 'from')),
    lte(todos.rootId, param(todos.rootId, 'to')),
    sql`${todos.rootId} <> ''`
  )

const statements = prepareStatements('bulk_subtasks', todoTables, (db, { todos }) => ({
  findSliceEnd: db
    .select({ id: todos.rootId })
    .from(todos)
    .where(
      and(
        eq(todos.userId, param(todos.userId, 'userId')),
        gt(todos.rootId, param(todos.rootId, 'from')),
        sql`${todos.rootId} <> ''`
      )
    )
    .orderBy(asc(todos.rootId), asc(todos.id))
    .limit(1)
    .offset(sql.placeholder('offset'))
}))

/** Finds the tree with which a slice of so many subtasks ends. */
export const createTreeFinder =
  (store: Store, userId: string): NonNullable<Pass['findSliceEnd']> =>
  async (from, size) => {
    const [end] = await statements(store).findSliceEnd.execute({ userId, from, offset: size - 1 })
    return end?.id
  }

/**
 * The id of the topmost ancestor of a todo that meets a condition; null if none does. There are few ancestors, which an index
 * finds.
 * @param condition on the columns of `ancestor`
 */
export const findTopmostAncestor = ({ todos }: TodoTables, condition: SQL): SQL<string | null> => {
  const columns = sql`ancestor.id, ancestor.parent_id, case when ${condition} then 1 else 0 end`
  const isOfUser = sql`ancestor.user_id = ${param(todos.userId, 'userId')}`
  return sql`(
    with recursive ancestors (id, parent_id, is_sought, level) as (
      select ${columns}, 1 from todos as ancestor where ${isOfUser} and ancestor.id = ${todos.parentId}
      union all
      select ${columns}, level + 1 from todos as ancestor
        join ancestors as below on ancestor.id = below.parent_id where ${isOfUser}
    )
    select id from ancestors where is_sought = 1 order by level desc limit 1
  )`
}

/** The changes of subtasks that follow those of other todos, tree by tree. */
export const subtaskChanges = prepareChanges('bulk_subtasks', todoTables, (db, tables, changeNumber) => {
  const { todos } = tables
  const revision = param(todos.revision, 'revision')
  // Nothing else that is in the trash has the revision of the update.
  const deletedAncestor = findTopmostAncestor(
    tables,
    sql`ancestor.revision = ${revision} and ancestor.deleted_at is not null`
  )
  const isCounted = sql`${todos.deletedAt} is null or ${todos.deletedWith} not in ('', ${todos.id})`
  const families = db
    .select({
      parentId: todos.parentId,
      children: sql<number>`sum(case when ${isCounted} then 1 else 0 end)`.as('children'),
      openChildren: sql<number>`sum(case when (${isCounted}) and not ${todos.done} then 1 else 0 end)`.as(
        'open_children'
      )
    })
    .from(todos)
    .where(areSubtasksInRange(tables))
    .groupBy(todos.parentId)
    .as('families')
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
      .where(and(areSubtasksInRange(tables), isNull(todos.deletedAt), sql`${deletedAncestor} is not null`))
      .returning({ id: todos.id }),
    /** Makes one act of what the update has put into the trash by itself, and above it. */
    joinDeletions: db
      .update(todos)
      .set({ deletedWith: deletedAncestor, revision, changeNumber })
      .where(
        and(
          areSubtasksInRange(tables),
          eq(todos.revision, revision),
          eq(todos.deletedWith, todos.id),
          sql`${deletedAncestor} is not null`
        )
      )
      .returning({ id: todos.id }),
    /** Counts the children of parents anew. */
    recount: db
      .update(todos)
      .set({
        childCount: sql`${families.children}`,
        openChildCount: sql`${families.openChildren}`,
        revision,
        changeNumber
      })
      .from(families)
      .where(
        and(
          eq(todos.userId, param(todos.userId, 'userId')),
          eq(todos.id, families.parentId),
          sql`(${todos.childCount} <> ${families.children} or ${todos.openChildCount} <> ${families.openChildren})`
        )
      )
      .returning({ id: todos.id })
  }
})
