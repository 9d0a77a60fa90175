import { and, eq, gt, lte, sql } from 'drizzle-orm'
import { param, prepareShapes } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { type FilterShape, prepareFilter, toCondition } from '../query/filter.ts'
import type { Filter } from '../query/list-query.ts'
import { createSlicedUpdates, type IdRange, type SlicedUpdate } from './sliced-updates.ts'

/** What is done to all todos that are alike: they become done or not done, or go into the trash. */
export type BulkUpdate = { readonly done: boolean } | 'delete'

/** Changes those of a range of ids. */
const bulkUpdateSlice = prepareShapes(
  'todos_sweep',
  (engine, { kind, ...shape }: FilterShape & { kind: BulkUpdate }) => {
    const { todos } = engine.tables
    const now = param(todos.updatedAt, 'now')
    // As `changeTimeOf` has it; the engines have no name in common for the greatest of several.
    const lastChange = sql`case when ${todos.createdAt} > ${todos.updatedAt} then ${todos.createdAt} else ${todos.updatedAt} end`
    const changeTime = sql`case when ${lastChange} > ${now} then ${lastChange} else ${now} end`
    const changedColumns =
      kind === 'delete'
        ? { deletedAt: changeTime }
        : { done: kind.done, completedAt: kind.done ? changeTime : null }
    return engine.db
      .update(todos)
      .set({ ...changedColumns, updatedAt: changeTime, revision: param(todos.revision, 'revision') })
      .where(
        and(
          toCondition(engine, shape, engine.search.unindexedCondition),
          kind === 'delete' ? undefined : eq(todos.done, !kind.done),
          gt(todos.id, param(todos.id, 'from')),
          lte(todos.id, param(todos.id, 'to'))
        )
      )
      .returning({ id: todos.id })
  }
)

/** What is done, to which todos. */
export interface BulkUpdateSpec {
  readonly kind: BulkUpdate
  readonly filter: Filter
}

/** Makes the statement that does a part of it. */
export const prepareSlices = async (store: Store, { userId, change, revision, startedAt }: SlicedUpdate) => {
  const { kind, filter } = change as BulkUpdateSpec
  const { shape, params } = await prepareFilter(store, userId, filter)
  const statement = bulkUpdateSlice(store, { ...shape, kind })
  return (range: IdRange) => statement.bind({ ...params, ...range, revision, now: startedAt })
}

/** Sweeps of users who have very many todos. */
export const createBulkUpdates = (store: Store) =>
  createSlicedUpdates(store, update => prepareSlices(store, update))
