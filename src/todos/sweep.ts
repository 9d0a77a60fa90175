import type { Found } from '../db/engine.ts'
import type { Store } from '../db/store.ts'
import { type FieldError, invalid } from '../errors.ts'
import type { Keep } from '../idempotency.ts'
import { rangesOf } from './bulk-updates.ts'
import type { Filter } from './filter.ts'
import { countTodos } from './list.ts'
import { type Change, type Sweep, sliceOf, sweepsOf } from './sweep-slices.ts'
import { wordsOf } from './terms.ts'

/** No todo has been changed before, not even one that was imported. */
const EARLIEST = 0

export interface SweepOptions {
  readonly validateOnly: boolean
  readonly requestId: string | null
  readonly keep: Keep<number>
}

/**
 * Changes all todos that a filter lets through, all at once or none; those that are so already stay as they are.
 * @param options.requestId names the request, if it may be repeated
 * @param options.keep gives the steps that keep the answer
 * @returns how many it changed, or with `validateOnly` how many it would
 * @throws {Problem} `validation_failed` when a condition of the filter excludes nothing, or there is none
 */
export async function sweepTodos(
  store: Store,
  userId: string,
  kind: Sweep,
  filter: Filter,
  { validateOnly, requestId, keep }: SweepOptions
): Promise<number> {
  refuseIdleConditions(filter)
  if (validateOnly) {
    if (kind === 'delete') return countTodos(store, userId, filter)
    return filter.done === kind.done ? 0 : countTodos(store, userId, { ...filter, done: !kind.done })
  }
  const updates = sweepsOf(store)
  if (store.slicing?.isFor(userId)) {
    const changed = await updates.run(userId, { kind, filter } satisfies Change, requestId)
    const kept = keep(changed)
    if (kept.length > 0) await store.atomically(...kept)
    return changed
  }
  await updates.settle(userId)
  const change = { kind, filter } satisfies Change
  const slice = await sliceOf(store, { userId, change, revision: store.newId(), startedAt: store.now() })
  const slices = (await rangesOf(store, userId)).map(slice)
  const changedBy = (rows: readonly Found[]) =>
    rows.slice(0, slices.length).reduce((sum, { length }) => sum + length, 0)
  const rows = await store.atomically(...slices, ...keep(changedBy))
  return changedBy(rows as readonly Found[])
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
