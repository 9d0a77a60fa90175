import { and, eq, gt, lte, sql } from 'drizzle-orm'
import { given, shapesOf } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { bulkUpdatesOf, type Range, type SlicedUpdate } from './bulk-updates.ts'
import { conditionOf, type Filter, type FilterShape, prepareFilter } from './filter.ts'

/** What is done to all todos that are alike: they become done or not done, or go into the trash. */
export type Sweep = { readonly done: boolean } | 'delete'

/** Changes those of a range of ids. */
const sweep = shapesOf('todos_sweep', (engine, { kind, ...shape }: FilterShape & { kind: Sweep }) => {
  const { todos } = engine.tables
  const now = given(todos.updatedAt, 'now')
  // As `changeTimeOf` has it; the engines have no name in common for the greatest of several.
  const last = sql`case when ${todos.createdAt} > ${todos.updatedAt} then ${todos.createdAt} else ${todos.updatedAt} end`
  const time = sql`case when ${last} > ${now} then ${last} else ${now} end`
  const change =
    kind === 'delete' ? { deletedAt: time } : { done: kind.done, completedAt: kind.done ? time : null }
  return engine.db
    .update(todos)
    .set({ ...change, updatedAt: time, revision: given(todos.revision, 'revision') })
    .where(
      and(
        conditionOf(engine, shape, engine.search.rowCondition),
        kind === 'delete' ? undefined : eq(todos.done, !kind.done),
        gt(todos.id, given(todos.id, 'from')),
        lte(todos.id, given(todos.id, 'to'))
      )
    )
    .returning({ id: todos.id })
})

/** What is done, to which todos. */
export interface Change {
  readonly kind: Sweep
  readonly filter: Filter
}

/** Makes the statement that does a part of it. */
export const sliceOf = async (store: Store, { userId, change, revision, startedAt }: SlicedUpdate) => {
  const { kind, filter } = change as Change
  const { shape, values } = await prepareFilter(store, userId, filter)
  const statement = sweep(store, { ...shape, kind })
  return (range: Range) => statement.with({ ...values, ...range, revision, now: startedAt })
}

/** Sweeps of users who have very many todos. */
export const sweepsOf = (store: Store) => bulkUpdatesOf(store, update => sliceOf(store, update))
