import { and, eq } from 'drizzle-orm'
import type { Step } from '../db/engine.ts'
import { given, shapesOf } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { conditionOf, type Filter, type FilterShape, filterValues, shapeOf } from './filter.ts'
import { countTodos } from './list.ts'

/** What is done to all todos that are alike: they become done or not done, or go into the trash. */
export type Sweep = { readonly done: boolean } | 'delete'

const sweep = shapesOf('todos_sweep', (engine, { kind, ...shape }: FilterShape & { kind: Sweep }) => {
  const { todos } = engine.tables
  const now = given(todos.updatedAt, 'now')
  const change =
    kind === 'delete' ? { deletedAt: now } : { done: kind.done, completedAt: kind.done ? now : null }
  return engine.db
    .update(todos)
    .set({ ...change, updatedAt: now, revision: given(todos.revision, 'revision') })
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
  const shape = shapeOf(filter)
  const values = { ...filterValues(store, userId, filter), now: store.now(), revision: store.newId() }
  if (shape.isSearch) await store.search.settle(userId)
  const [changed] = await store.atomically(sweep(store, { ...shape, kind }).with(values), ...keep())
  return changed.length
}
