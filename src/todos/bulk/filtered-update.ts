import { and, eq, gt, lte } from 'drizzle-orm'
import { param } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { prepareChangeShapes } from '../../sync/sequence.ts'
import { type FilterShape, prepareFilter, toCondition } from '../query/filter.ts'
import type { Filter } from '../query/list-query.ts'
import { todoSearch } from '../query/search.ts'
import { toChangeTime } from '../statements.ts'
import { todoTables } from '../tables.ts'
import { type BulkUpdateRun, countRows, type Pass } from './passes/pass.ts'

/** What happens to all todos that pass a filter: they become done or not done, or move to the trash. */
export type BulkUpdate = { readonly done: boolean } | 'delete'

/** A bulk update of the todos that pass a filter, as it is stored. */
export interface FilteredUpdate {
  readonly kind: BulkUpdate
  readonly filter: Filter
}

/** Changes the todos in a range of ids. */
const updateRange = prepareChangeShapes(
  'todos_bulk_update',
  (engine, { kind, ...shape }: FilterShape & { kind: BulkUpdate }, db, changeNumber) => {
    const { todos } = todoTables(engine.kit)
    const changeTime = toChangeTime(todos)
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

/** Prepares the pass of a bulk update of the todos that pass a filter. */
export async function prepareFilteredUpdate(
  store: Store,
  { kind, filter }: FilteredUpdate,
  { userId, revision, startedAt }: BulkUpdateRun
): Promise<Pass> {
  // All slices select by the time at which the update began, also those that run after a crash.
  const { shape, params } = await prepareFilter(store, userId, filter, startedAt)
  const statement = updateRange(store, { ...shape, kind })
  return {
    prepareRange: async range => [
      countRows(statement.bind({ ...params, ...range, revision, now: startedAt }))
    ]
  }
}
