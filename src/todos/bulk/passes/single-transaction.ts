import { type BoundStatement, NoRowAffected, type Rows } from '../../../db/bound-statement.ts'
import type { Store } from '../../../db/store.ts'
import { bindSequenceLock } from '../../../sync/sequence.ts'
import { type BulkUpdateRun, countChanged, type PassStatement, type PreparePasses } from './pass.ts'
import { splitIntoRanges } from './ranges.ts'

/** Makes statements that follow those of an update in its transaction, from the count of the changed todos. */
export type FollowingStatements = (
  count: (earlierRows: readonly Rows[]) => number
) => readonly BoundStatement[]

/**
 * Runs all passes of a bulk update in one transaction, range by range: for few todos, and where writes block nobody. Begins
 * anew when somebody has changed a todo since a pass has read it.
 * @returns how many todos changed
 * @throws {NoRowAffected} when one of the following statements affected no row, though it had to
 */
export async function runInTransaction(
  store: Store,
  update: BulkUpdateRun,
  preparePasses: PreparePasses,
  toFollowing: FollowingStatements
): Promise<number> {
  for (;;) {
    const changes = await prepareStatements(store, update, preparePasses)
    const count = (rows: readonly Rows[]) => countChanged(changes, rows)
    try {
      return count((await store.atomically(...changes, ...toFollowing(count))) as readonly Rows[])
    } catch (error) {
      const isOutdated = error instanceof NoRowAffected && changes.includes(error.statement)
      if (!isOutdated) throw error
    }
  }
}

async function prepareStatements(
  store: Store,
  update: BulkUpdateRun,
  preparePasses: PreparePasses
): Promise<readonly PassStatement[]> {
  const { userId } = update
  const ranges = await splitIntoRanges(store, userId)
  // First the lock: what a statement reads stays as it is until the commit.
  const statements: PassStatement[] = [bindSequenceLock(store, userId)]
  for (const { prepareRange } of await preparePasses(update))
    for (const range of ranges) statements.push(...(await prepareRange(range)))
  return statements
}
