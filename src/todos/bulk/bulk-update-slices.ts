import { and, eq, gt, lte, sql } from 'drizzle-orm'
import { param } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { prepareChangeShapes } from '../../sync/sequence.ts'
import { type FilterShape, prepareFilter, toCondition } from '../query/filter.ts'
import type { Filter } from '../query/list-query.ts'
import { todoSearch } from '../query/search.ts'
import { todoTables } from '../tables.ts'
import { createSlicedUpdates, type IdRange, type SlicedUpdate } from './sliced-updates.ts'

/** What happens to all todos that pass a filter: they become done or not done, or move to the trash. */
export type BulkUpdate = { readonly done: boolean } | 'delete'

/** Changes the todos in a range of ids. */
const bulkUpdateSlice = prepareChangeShapes(
  'todos_bulk_update',
  (engine, { kind, ...shape }: FilterShape & { kind: BulkUpdate }, db, changeNumber) => {
    const { todos } = todoTables(engine.kit)
    const now = param(todos.updatedAt, 'now')
    // As in `nextUpdateTime`. The engines have no common function for the greatest of several values.
    const lastChange = sql`case when ${todos.createdAt} > ${todos.updatedAt} then ${todos.createdAt} else ${todos.updatedAt} end`
    const changeTime = sql`case when ${lastChange} > ${now} then ${lastChange} else ${now} end`
    const changedColumns =
      kind === 'delete'
        ? { deletedAt: changeTime }
        : { done: kind.done, completedAt: kind.done ? changeTime : null }
    return db
      .update(todos)
      .set({
        ...changedColumns,
        changeNumber,
        updatedAt: changeTime,
        revision: param(todos.revision, 'revision')
      })
      .where(
        and(
          toCondition(engine, shape, todoSearch(engine).unindexedCondition),
          kind === 'delete' ? undefined : eq(todos.done, !kind.done),
          gt(todos.id, param(todos.id, 'from')),
          lte(todos.id, param(todos.id, 'to'))
        )
      )
      .returning({ id: todos.id })
  }
)

/** A bulk update as it is stored. */
export interface BulkUpdateSpec {
  readonly kind: BulkUpdate
  readonly filter: Filter
}

/** Prepares the statement of a bulk update. @returns a function that binds it to a range of ids */
export const prepareSlices = async (store: Store, { userId, change, revision, startedAt }: SlicedUpdate) => {
  const { kind, filter } = change as BulkUpdateSpec
  // All slices select by the time at which the update began, also those that run after a crash.
  const { shape, params } = await prepareFilter(store, userId, filter, startedAt)
  const statement = bulkUpdateSlice(store, { ...shape, kind })
  return (range: IdRange) => statement.bind({ ...params, ...range, revision, now: startedAt })
}

/** The sliced bulk updates of a store. */
export const createBulkUpdates = (store: Store) =>
  createSlicedUpdates(store, update => prepareSlices(store, update))
