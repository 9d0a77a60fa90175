import { and, eq, sql } from 'drizzle-orm'
import type { Step } from '../db/engine.ts'
import { given, shapesOf } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { type FieldError, invalid } from '../errors.ts'
import { conditionOf, type Filter, type FilterShape, prepareFilter } from './filter.ts'
import { countTodos } from './list.ts'
import { wordsOf } from './terms.ts'

/** No todo has been changed before, not even one that was imported. */
const EARLIEST = 0

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
 * @throws {Problem} `validation_failed` when a condition of the filter excludes nothing, or there is none
 */
export async function sweepTodos(
  store: Store,
  userId: string,
  kind: Sweep,
  filter: Filter,
  { validateOnly, keep }: { validateOnly: boolean; keep: () => readonly Step[] }
): Promise<number> {
  refuseIdleConditions(filter)
  if (validateOnly) {
    if (kind === 'delete') return countTodos(store, userId, filter)
    return filter.done === kind.done ? 0 : countTodos(store, userId, { ...filter, done: !kind.done })
  }
  const { shape, values } = await prepareFilter(store, userId, filter)
  const change = { ...values, now: store.now(), revision: store.newId() }
  const [changed] = await store.atomically(sweep(store, { ...shape, kind }).with(change), ...keep())
  return changed.length
}

/**
 * A list may be filtered by nothing. What is written to must be chosen by all that was given: a condition that excludes
 * nothing is a mistake of its sender's, also beside others, and would change more than was meant.
 */
function refuseIdleConditions(filter: Filter): void {
  if (Object.keys(filter).length === 0) throw invalid({ pointer: '/where', detail: 'needs a condition' })
  const idle = idleConditions(filter)
  if (idle.length > 0) throw invalid(...idle)
}

function idleConditions({ tag, q, updatedAfter }: Filter): FieldError[] {
  const faults: FieldError[] = []
  if (tag?.length === 0)
    faults.push({ parameter: 'tag', detail: 'excludes nothing; give at least one tag, or leave it out' })
  if (q !== undefined && wordsOf(q).length === 0)
    faults.push({ parameter: 'q', detail: 'has nothing to search for; give at least one word' })
  if (updatedAfter !== undefined && Date.parse(updatedAfter) <= EARLIEST)
    faults.push({ parameter: 'updatedAfter', detail: 'excludes nothing; give an instant after 1970 began' })
  return faults
}
