import type { Store } from '../../db/store.ts'
import type { StoreAnswer } from '../../idempotency/idempotency.ts'
import { settleLists } from '../lists/transitions/settle.ts'
import { prepareRetagging, type Retagging } from '../tags/retagging.ts'
import { prepareFilteredUpdate } from './filtered/filtered-update.ts'
import type { FilteredUpdate } from './filtered/update-range.ts'
import { ALL_IDS, type BulkUpdateRun, type Pass } from './passes/pass.ts'
import { splitIntoRanges } from './passes/ranges.ts'
import { preparePassStatements, runInTransaction } from './passes/single-transaction.ts'
import { createSlicedUpdates, needsSlices } from './passes/sliced-updates.ts'
import { INITIAL_SLICE } from './passes/slices.ts'

/** What a bulk update does to which todos, as it is stored. */
export type BulkChange = FilteredUpdate | Retagging

async function preparePasses(store: Store, update: BulkUpdateRun): Promise<readonly Pass[]> {
  // No list changes its state until an update in slices is done.
  await settleLists(store, update.userId)
  const change = update.change as BulkChange
  if ('tag' in change) return [prepareRetagging(store, change, update)]
  return prepareFilteredUpdate(store, change, update)
}

/** The bulk updates of a store that are done in slices. */
export const createBulkUpdates = (store: Store) =>
  createSlicedUpdates(store, update => preparePasses(store, update))

export interface BulkUpdateOptions {
  /** Names the request, if it may be repeated. */
  readonly requestId?: string | null
  /** Makes the statements that store the answer. */
  readonly storeAnswer?: StoreAnswer<number>
  /** Whether the update names the few todos that it changes, `MAX_FEW` at most. */
  readonly isFew?: boolean
  /** Throws a problem when the update cannot be done, as things stand: an update that cannot changes nothing. */
  readonly assertPossible?: () => Promise<void>
}

/** The most todos that are changed in one go however many a user has. */
export const MAX_FEW = INITIAL_SLICE

const noStatements = () => []
const isAlwaysPossible = async () => {}

/**
 * Changes todos of a user as one act for whoever looks: in slices where a user has very many todos, and one statement on all
 * of them would hold up others; else in one transaction.
 * @returns how many todos changed
 */
export async function changeTodos(
  store: Store,
  userId: string,
  change: BulkChange,
  options: BulkUpdateOptions
): Promise<number> {
  const { requestId = null, storeAnswer = noStatements, isFew = false } = options
  const { assertPossible = isAlwaysPossible } = options
  const bulkUpdates = createBulkUpdates(store)
  if (!isFew && needsSlices(store, userId)) {
    const changed = await bulkUpdates.run(userId, change, requestId)
    if (changed === 0) await assertPossible()
    const answerStatements = storeAnswer(changed)
    if (answerStatements.length > 0) await store.atomically(...answerStatements)
    return changed
  }
  await bulkUpdates.finishPending(userId)
  const run = { userId, change, revision: store.newId(), startedAt: store.now() }
  const prepareStatements = async () => {
    const passes = await preparePasses(store, run)
    await assertPossible()
    return preparePassStatements(passes, isFew ? [ALL_IDS] : await splitIntoRanges(store, userId))
  }
  return runInTransaction(store, userId, prepareStatements, storeAnswer)
}
