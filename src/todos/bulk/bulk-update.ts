import type { Store } from '../../db/store.ts'
import { type FieldError, validationFailed } from '../../problems/problem.ts'
import { NO_LIST } from '../lists/problems.ts'
import { listStatements } from '../lists/statements.ts'
import { countTodos } from '../query/list.ts'
import { type Filter, findFilterErrors } from '../query/list-query.ts'
import { assertTargetsExist } from '../query/targets.ts'
import { tokenize } from '../query/terms.ts'
import { type BulkUpdateOptions, changeTodos } from './bulk-updates.ts'
import type { FilteredUpdate } from './filtered/update-range.ts'

/** The earliest `updatedAt` that an import accepts. */
const MIN_UPDATED_AT = 0

/**
 * Changes all todos that pass a filter, all or none. Todos that are in the new state already stay unchanged.
 * @param options.requestId names the request, if it may be repeated
 * @param options.storeAnswer makes the statements that store the answer
 * @returns how many todos changed that pass the filter, without subtasks that went along; or with `validateOnly` how many would
 * @throws {Problem} `validation_failed` for a filter without a condition, with one that excludes nothing, or that contradicts
 * itself
 */
export async function runBulkUpdate(
  store: Store,
  userId: string,
  update: FilteredUpdate,
  { validateOnly, ...options }: BulkUpdateOptions & { readonly validateOnly: boolean }
): Promise<number> {
  const { filter } = update
  assertConditionsSelect(filter)
  if (validateOnly) return countChanging(store, userId, update)
  await assertTargetsExist(store, userId, filter)
  const assertPossible = () => assertListExists(store, userId, update)
  await assertPossible()
  return changeTodos(store, userId, update, { ...options, assertPossible })
}

/** @throws {Problem} `validation_failed` when the list into which todos are to go is not there, or in the trash */
async function assertListExists(store: Store, userId: string, update: FilteredUpdate): Promise<void> {
  if (update.kind !== 'moveToList' || update.listId === null) return
  const [list] = await listStatements(store).find.execute({ userId, id: update.listId })
  if (!list || list.deletedAt) throw validationFailed({ pointer: '/changes/listId', detail: NO_LIST })
}

async function countChanging(store: Store, userId: string, update: FilteredUpdate): Promise<number> {
  const { kind, filter } = update
  if (kind === 'moveToList') {
    await assertListExists(store, userId, update)
    return countTodos(store, userId, filter, update.listId ?? '')
  }
  if (kind !== 'complete' && kind !== 'reopen') return countTodos(store, userId, filter)
  const isDone = kind === 'reopen'
  return filter.done === !isDone ? 0 : countTodos(store, userId, { ...filter, done: isDone })
}

/**
 * A list may have an empty filter, a write may not: a condition that excludes nothing is a mistake of the client, even beside
 * others, and would change more todos than the client meant.
 */
function assertConditionsSelect(filter: Filter): void {
  if (Object.keys(filter).length === 0)
    throw validationFailed({ pointer: '/where', detail: 'needs a condition' })
  const errors = [...findFilterErrors(filter), ...findIneffectiveConditions(filter)]
  if (errors.length > 0) throw validationFailed(...errors)
}

function findIneffectiveConditions({ tag, q, updatedAfter }: Filter): FieldError[] {
  const errors: FieldError[] = []
  if (tag?.length === 0)
    errors.push({ parameter: 'tag', detail: 'excludes nothing; give at least one tag, or leave it out' })
  if (q !== undefined && tokenize(q).length === 0)
    errors.push({ parameter: 'q', detail: 'has nothing to search for; give at least one word' })
  if (updatedAfter !== undefined && Date.parse(updatedAfter) <= MIN_UPDATED_AT)
    errors.push({ parameter: 'updatedAfter', detail: 'excludes nothing; give an instant after 1970 began' })
  return errors
}
