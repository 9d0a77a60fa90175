import type { Store } from '../../../db/store.ts'
import type { Change } from '../../../sync/sequence.ts'
import { prepareFilter } from '../../query/filter.ts'
import { type BulkUpdateRun, countRows, type Pass } from '../passes/pass.ts'
import { prepareCompletionPasses } from './completion.ts'
import { prepareDeletionPasses } from './deletion.ts'
import { listCounts } from './list-counts.ts'
import { prepareListMove } from './list-move.ts'
import { preparePurgePasses } from './purge.ts'
import { prepareRecurringPass } from './recurring.ts'
import { prepareRestorationPasses } from './restoration.ts'
import { type BulkUpdateKind, type FilteredUpdate, type StateChange, updateRange } from './update-range.ts'

/** Prepares the passes of a bulk update: over the todos that pass its filter, which are counted; then over what depends on them. */
export async function prepareFilteredUpdate(
  store: Store,
  update: FilteredUpdate,
  run: BulkUpdateRun
): Promise<readonly Pass[]> {
  if (update.kind === 'moveToList') return prepareListMove(store, update, run)
  const { kind, filter } = update
  const { userId, revision, startedAt } = run
  // All slices select by the time at which the update began, also those that run after a crash.
  const { shape, params } = await prepareFilter(store, userId, filter, startedAt)
  const statement = updateRange(store, { ...shape, kind })
  const listCount = getListCount(store, kind)
  return [
    ...(kind === 'complete' ? [await prepareRecurringPass(store, update, run)] : []),
    {
      prepareRange: async range => [
        countRows(statement.bind({ ...params, ...range, revision, now: startedAt })),
        ...(listCount ? [listCount.bind({ userId, listRevision: store.newId() })] : [])
      ]
    },
    ...prepareFollowingPasses(store, update, run)
  ]
}

/** What counts the changed todos in their lists. The other updates count later. */
function getListCount(store: Store, kind: BulkUpdateKind): Change<unknown> | undefined {
  const { countCompleted, countReopened, countDeleted } = listCounts(store)
  if (kind === 'complete') return countCompleted
  if (kind === 'reopen') return countReopened
  return kind === 'delete' ? countDeleted : undefined
}

function prepareFollowingPasses(
  store: Store,
  { kind, children }: StateChange,
  run: BulkUpdateRun
): readonly Pass[] {
  switch (kind) {
    case 'delete':
      return prepareDeletionPasses(store, run)
    case 'restore':
      return prepareRestorationPasses(store, run)
    case 'purge':
      return preparePurgePasses(store, run)
    default:
      return prepareCompletionPasses(store, run, children === 'complete')
  }
}
