import { and, eq, gt, isNull, lte, ne, type SQL, sql } from 'drizzle-orm'
import { param } from '../../../db/statements.ts'
import { prepareChangeShapes } from '../../../sync/sequence.ts'
import { type FilterShape, toCondition } from '../../query/filter.ts'
import type { Filter } from '../../query/list-query.ts'
import { todoSearch } from '../../query/search.ts'
import { toChangeTime } from '../../statements.ts'
import { type TodoTables, todoTables } from '../../tables.ts'

/** What happens to todos: they become done or not done, they move to the trash or out of it, or they are deleted for good. */
export type BulkUpdateKind = 'complete' | 'reopen' | 'delete' | 'restore' | 'purge'

interface FilteredChange {
  readonly filter: Filter
  /** The session that completes recurring todos by it. */
  readonly sessionId?: string | null
}

/** All todos that pass a filter get into another state. */
export interface StateChange extends FilteredChange {
  readonly kind: BulkUpdateKind
  /** Whether the subtasks of what is completed are completed, too. */
  readonly children?: 'complete' | undefined
}

/** All todos that pass a filter go into a list, or into the inbox. */
export interface ListMove extends FilteredChange {
  readonly kind: 'moveToList'
  readonly listId: string | null
}

/** What happens to all todos that pass a filter, as it is stored. */
export type FilteredUpdate = StateChange | ListMove

/** Selects the todos in a range of ids. */
export const isInRange = ({ todos }: TodoTables): SQL | undefined =>
  and(
    eq(todos.userId, param(todos.userId, 'userId')),
    gt(todos.id, param(todos.id, 'from')),
    lte(todos.id, param(todos.id, 'to'))
  )

/** What an update sets in the todos that pass its filter. Its later passes know those by the revision. */
function toColumns({ todos }: TodoTables, kind: BulkUpdateKind) {
  const updatedAt = toChangeTime(todos)
  switch (kind) {
    case 'complete':
      return { updatedAt, done: true, completedAt: updatedAt }
    case 'reopen':
      return { updatedAt, done: false, completedAt: null }
    case 'delete':
      return { updatedAt, deletedAt: updatedAt, deletedWith: sql`${todos.id}` }
    case 'restore':
      return { updatedAt, deletedAt: null }
    case 'purge':
      return {}
  }
}

/** Neither a recurring todo, which has a pass of its own, nor opened by that pass for the next occurrence. */
export const isLeftByRecurringPass = ({ todos }: TodoTables): SQL | undefined =>
  and(isNull(todos.repeat), ne(todos.revision, param(todos.revision, 'revision')))

/** Changes the todos in a range of ids that pass a filter and are not in the new state already. */
export const updateRange = prepareChangeShapes(
  'todos_bulk_update',
  (engine, { kind, ...shape }: FilterShape & { readonly kind: BulkUpdateKind }, db, changeNumber) => {
    const tables = todoTables(engine.kit)
    const { todos } = tables
    const isDone = kind === 'complete' || kind === 'reopen' ? eq(todos.done, kind === 'reopen') : undefined
    const isOrdinary = kind === 'complete' ? isLeftByRecurringPass(tables) : undefined
    return db
      .update(todos)
      .set({ ...toColumns(tables, kind), changeNumber, revision: param(todos.revision, 'revision') })
      .where(
        and(
          toCondition(engine, shape, todoSearch(engine).unindexedCondition),
          isDone,
          isOrdinary,
          isInRange(tables)
        )
      )
      .returning({ id: todos.id })
  }
)
