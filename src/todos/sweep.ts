import { and, eq, sql } from 'drizzle-orm'
import type { Step } from '../db/engine.ts'
import { given, shapesOf } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { conditionOf, type Filter, type FilterShape, prepareFilter } from './filter.ts'
import { countTodos } from './list.ts'

/** What is done to all todos that are alike: they become done or not done, or go into the trash. */
export type Sweep = { readonly done: boolean } | 'delete'

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
    .where(and(conditionOf(engine, shape), kind === 'delete' ? undefined : eq(todos.done, !kind.done)))
    .returning({ id: todos.id })
})

/**
 * Changes all todos that a filter lets through, in one statement; those that are so already stay as they are.
 * @param options.keep steps that go with it, which find the changed ones as the rows of the first step
 * @returns how many it changed, or with `validateOnly` how many it would
 */
export async function sweepTodos(
  store: Store,
  userId: string,
  kind: Sweep,
  filter: Filter,
  { validateOnly, keep }: { validateOnly: boolean; keep: () => readonly Step[] }
): Promise<number> {
  if (validateOnly) {
    if (kind === 'delete') return countTodos(store, userId, filter)
    return filter.done === kind.done ? 0 : countTodos(store, userId, { ...filter, done: !kind.done })
  }
  const { shape, values } = await prepareFilter(store, userId, filter)
  const change = { ...values, now: store.now(), revision: store.newId() }
  const [changed] = await store.atomically(sweep(store, { ...shape, kind }).with(change), ...keep())
  return changed.length
}
