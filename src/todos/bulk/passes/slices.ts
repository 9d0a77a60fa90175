import { mustAffectRow, NoRowAffected } from '../../../db/bound-statement.ts'
import type { Store } from '../../../db/store.ts'
import { AFTER_ALL } from '../../order/list-position.ts'
import type { BulkUpdateRow } from '../../tables.ts'
import { parsePassCursor, toPassCursor } from './cursor.ts'
import { countChanged, type Pass, type PassStatement, type PreparePasses } from './pass.ts'
import { bulkUpdateStatements } from './statements.ts'

/** Todos in a slice: at first, at least, at most. */
export const INITIAL_SLICE = 100
const [MIN_SLICE, MAX_SLICE] = [50, 200]
/** Milliseconds that a slice should take, the waits for the disk and for other writers included. */
const TARGET_SLICE_TIME = 8

/** Runs the remaining slices of a bulk update. */
export async function runSlices(
  store: Store,
  update: BulkUpdateRow,
  preparePasses: PreparePasses
): Promise<void> {
  const { userId } = update
  const { find } = bulkUpdateStatements(store)
  const passes = await preparePasses(update)
  let size = INITIAL_SLICE
  for (
    let current: BulkUpdateRow | undefined = update;
    current && !current.isDone;
    [current] = await find.execute({ userId })
  ) {
    const startTime = performance.now()
    try {
      await store.atomically(...(await prepareSlice(store, current, passes, size)))
    } catch (error) {
      // Another process has run this slice, or somebody has changed a todo since it was read: the slice begins anew.
      if (!(error instanceof NoRowAffected)) throw error
    }
    size = adaptSize(size, performance.now() - startTime)
  }
}

/** The statements of the next slice: they advance the cursor, change the todos and count what was changed. */
async function prepareSlice(
  store: Store,
  { userId, revision, cursor }: BulkUpdateRow,
  passes: readonly Pass[],
  size: number
): Promise<readonly PassStatement[]> {
  const { advance, addChanged } = bulkUpdateStatements(store)
  const { passIndex, id: from } = parsePassCursor(cursor)
  const pass = passes[passIndex] as Pass
  const end = await (pass.findSliceEnd ?? createSliceEndFinder(store, userId))(from, size)
  const to = end ?? AFTER_ALL
  const nextCursor = toPassCursor({ passIndex, id: to })
  const isDone = end === undefined && passIndex === passes.length - 1
  const changes = [
    mustAffectRow(advance.bind({ userId, revision, from: cursor, to: nextCursor, isDone })),
    ...(await pass.prepareRange({ from, to }))
  ]
  return [
    ...changes,
    addChanged.bind(earlierRows => ({ userId, revision, changed: countChanged(changes, earlierRows) }))
  ]
}

/** Finds where a slice of so many todos ends, of all that a user has; undefined when fewer are left. */
const createSliceEndFinder =
  (store: Store, userId: string) =>
  async (from: string, size: number): Promise<string | undefined> => {
    const params = { userId, from, offset: size - 1 }
    const [end] = await bulkUpdateStatements(store).findSliceEnd.execute(params)
    return end?.id
  }

const adaptSize = (size: number, elapsed: number): number =>
  Math.max(MIN_SLICE, Math.min(MAX_SLICE, Math.round(size * Math.min(2, TARGET_SLICE_TIME / elapsed))))
