import { and, asc, eq, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Queries } from '../../../db/engine.ts'
import { param, prepareStatements } from '../../../db/statements.ts'
import type { Store } from '../../../db/store.ts'
import { prepareChanges } from '../../../sync/sequence.ts'
import { type TodoTables, todoTables } from '../../tables.ts'
import type { BulkUpdateRun, Pass } from '../passes/pass.ts'

/*
 * A pass over subtasks goes through trees in the order of the todos at their tops, and within a tree in that of the ids: its
 * cursor is the one id and the other. So a user without subtasks has one slice.
 */

/** Makes the place in that order of which a cursor tells, or an id, which comes before the tree of that todo. */
const toPlace = (column: PgColumn, name: string): SQL => {
  const cursor = sql`cast(${param(column, name)} as text)`
  return sql`(substr(${cursor}, 1, ${ID_LENGTH}), substr(${cursor}, ${ID_LENGTH} + 1))`
}
const ID_LENGTH = sql.raw('36')

const isAfter = ({ todos }: TodoTables): SQL | undefined =>
  and(
    eq(todos.userId, param(todos.userId, 'userId')),
    sql`${todos.rootId} <> '' and (${todos.rootId}, ${todos.id}) > ${toPlace(todos.id, 'from')}`
  )

/** Selects the subtasks of a slice. */
export const isInTreeRange = (tables: TodoTables): SQL | undefined => {
  const { todos } = tables
  return and(isAfter(tables), sql`(${todos.rootId}, ${todos.id}) <= ${toPlace(todos.id, 'to')}`)
}

const statements = prepareStatements('bulk_trees', todoTables, (db, tables) => {
  const { rootId, id } = tables.todos
  return {
    findSliceEnd: db
      .select({ rootId, id })
      .from(tables.todos)
      .where(isAfter(tables))
      .orderBy(asc(rootId), asc(id))
      .limit(1)
      .offset(sql.placeholder('offset'))
  }
})

/** Makes a pass over subtasks. */
export const toTreePass = (
  store: Store,
  userId: string,
  prepareRange: Pass['prepareRange']
): Required<Pass> => ({
  prepareRange,
  async findSliceEnd(from, size) {
    const [end] = await statements(store).findSliceEnd.execute({ userId, from, offset: size - 1 })
    return end && `${end.rootId}${end.id}`
  }
})

/** Whose children are counted, and which. */
interface Recount {
  /** Todos whose parents are looked at. */
  readonly isChild: SQL | undefined
  /** Parents that are changed; all by default. */
  readonly isParent?: SQL
  /** Children that do not count any more, as a condition on the columns of `child`; none by default. */
  readonly isLeaving?: SQL
}

/**
 * Builds a write that counts children anew, and changes what is counted otherwise. Those count that are not in the trash, or
 * went there with their parents. It needs `parentRevision`, for the parents.
 */
export function recountChildren(
  db: Queries,
  { todos }: TodoTables,
  changeNumber: SQL,
  { isChild, isParent, isLeaving = sql`1 = 0` }: Recount
) {
  const userId = param(todos.userId, 'userId')
  const count = (condition: SQL) => sql<number>`(
    select count(*) from todos as child
    where child.user_id = ${userId} and child.parent_id = ${todos.id} and child.parent_id <> ''
      and (child.deleted_at is null or child.deleted_with not in ('', child.id)) and not (${isLeaving}) and ${condition}
  )`
  const [children, openChildren] = [count(sql`1 = 1`), count(sql`not child.done`)]
  // Materialized: with statistics of another time, PostgreSQL would look for the children of the slice again for each parent.
  const parentIds = sql`(with parents as materialized ${db.select({ id: todos.parentId }).from(todos).where(isChild)} select parent_id from parents)`
  return db
    .update(todos)
    .set({
      childCount: children,
      openChildCount: openChildren,
      revision: param(todos.revision, 'parentRevision'),
      changeNumber
    })
    .where(
      and(
        eq(todos.userId, userId),
        sql`${todos.id} in ${parentIds}`,
        isParent,
        sql`(${todos.childCount} <> ${children} or ${todos.openChildCount} <> ${openChildren})`
      )
    )
    .returning({ id: todos.id })
}

const changes = prepareChanges('bulk_trees', todoTables, (db, tables, changeNumber) => ({
  recount: recountChildren(db, tables, changeNumber, { isChild: isInTreeRange(tables) })
}))

/** Makes the pass that counts all children anew, after all else. */
export const toRecountPass = (store: Store, { userId, revision }: BulkUpdateRun): Pass =>
  toTreePass(store, userId, async range => [
    changes(store).recount.bind({ userId, ...range, parentRevision: revision })
  ])
