import { and, asc, eq, gt, lte, type SQL, sql } from 'drizzle-orm'
import type { Queries } from '../../../db/engine.ts'
import { param, prepareStatements } from '../../../db/statements.ts'
import type { Store } from '../../../db/store.ts'
import { prepareChanges } from '../../../sync/sequence.ts'
import { type TodoTables, todoTables } from '../../tables.ts'
import type { Pass } from '../passes/pass.ts'

/*
 * A pass over subtasks goes from tree to tree: a range is one of the todos at the tops of trees. So each slice has whole trees,
 * and a user without subtasks has one slice.
 */

const isInTreeAfter = ({ todos }: TodoTables) =>
  and(
    eq(todos.userId, param(todos.userId, 'userId')),
    gt(todos.rootId, param(todos.rootId, 'from')),
    sql`${todos.rootId} <> ''`
  )

/** Selects the subtasks in the trees of a range. */
export const isInTreeRange = (tables: TodoTables): SQL | undefined =>
  and(isInTreeAfter(tables), lte(tables.todos.rootId, param(tables.todos.rootId, 'to')))

const statements = prepareStatements('bulk_trees', todoTables, (db, tables) => ({
  findSliceEnd: db
    .select({ id: tables.todos.rootId })
    .from(tables.todos)
    .where(isInTreeAfter(tables))
    .orderBy(asc(tables.todos.rootId), asc(tables.todos.id))
    .limit(1)
    .offset(sql.placeholder('offset'))
}))

/** Makes a pass over subtasks. */
export const toTreePass = (
  store: Store,
  userId: string,
  prepareRange: Pass['prepareRange']
): Required<Pass> => ({
  prepareRange,
  /** The tree with which a slice of so many subtasks ends. */
  async findSliceEnd(from, size) {
    const [end] = await statements(store).findSliceEnd.execute({ userId, from, offset: size - 1 })
    return end?.id
  }
})

/**
 * The id of the topmost ancestor of a todo that meets a condition; null if none does. There are few ancestors, and an index
 * finds each.
 * @param condition on the columns of `ancestor`
 */
export function findTopmostAncestor({ todos }: TodoTables, condition: SQL): SQL<string> {
  const columns = sql`ancestor.id, ancestor.parent_id, case when ${condition} then 1 else 0 end`
  const isOfUser = sql`ancestor.user_id = ${param(todos.userId, 'userId')}`
  return sql`(
    with recursive ancestors (id, parent_id, is_sought, height) as (
      select ${columns}, 1 from todos as ancestor where ${isOfUser} and ancestor.id = ${todos.parentId}
      union all
      select ${columns}, below.height + 1 from todos as ancestor
        join ancestors as below on ancestor.id = below.parent_id where ${isOfUser}
    )
    select id from ancestors where is_sought = 1 order by height desc limit 1
  )`
}

/** Counts the subtasks that meet a condition, by their parents. Those count that are not in the trash, or went there with their parents. */
function countChildren(db: Queries, { todos }: TodoTables, condition: SQL | undefined) {
  const isCounted = sql`(${todos.deletedAt} is null or ${todos.deletedWith} not in ('', ${todos.id}))`
  const sum = (counted: SQL, name: string) =>
    sql<number>`sum(case when ${counted} then 1 else 0 end)`.as(name)
  return db
    .select({
      parentId: todos.parentId,
      children: sum(isCounted, 'children'),
      openChildren: sum(sql`${isCounted} and not ${todos.done}`, 'open_children')
    })
    .from(todos)
    .where(condition)
    .groupBy(todos.parentId)
    .as('families')
}

/**
 * Takes children off the counts of their parents, before they go elsewhere. It needs `parentRevision`, a new revision for the
 * parents.
 * @param isChild the condition of the children
 * @param isParent the condition of the parents
 */
export function uncountChildren(
  db: Queries,
  tables: TodoTables,
  changeNumber: SQL,
  isChild: SQL | undefined,
  isParent?: SQL
) {
  const { todos } = tables
  const families = countChildren(db, tables, isChild)
  return db
    .update(todos)
    .set({
      childCount: sql`${todos.childCount} - ${families.children}`,
      openChildCount: sql`${todos.openChildCount} - ${families.openChildren}`,
      revision: param(todos.revision, 'parentRevision'),
      changeNumber
    })
    .from(families)
    .where(
      and(
        eq(todos.userId, param(todos.userId, 'userId')),
        eq(todos.id, families.parentId),
        isParent,
        sql`${families.children} > 0`
      )
    )
    .returning({ id: todos.id })
}

/** Changes in trees, whatever an update was. */
export const treeChanges = prepareChanges('bulk_trees', todoTables, (db, tables, changeNumber) => {
  const { todos } = tables
  const families = countChildren(db, tables, isInTreeRange(tables))
  return {
    /** Counts the children of all parents anew, and changes the counts that are others. */
    recount: db
      .update(todos)
      .set({
        childCount: sql`${families.children}`,
        openChildCount: sql`${families.openChildren}`,
        revision: param(todos.revision, 'revision'),
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
