import { type BoundStatement, NoRowAffected, type Rows } from '../../../db/bound-statement.ts'
import type { Store } from '../../../db/store.ts'
import { bindSequenceLock } from '../../../sync/sequence.ts'
import { countChanged, type IdRange, type Pass, type PassStatement } from './pass.ts'

/** Makes statements that follow those of an update in its transaction, from the count of the changed todos. */
export type FollowingStatements = (
  count: (earlierRows: readonly Rows[]) => number
) => readonly BoundStatement[]

/**
 * Runs a bulk update in one transaction: for few todos, and where writes block nobody. Begins anew when somebody has changed a
 * todo since a pass has read it.
 * @param prepareChanges makes the statements of all passes
 * @returns how many todos changed
 * @throws {NoRowAffected} when one of the following statements affected no row, though it had to
 */
export async function runInTransaction(
  store: Store,
  userId: string,
  prepareChanges: () => Promise<readonly PassStatement[]>,
  toFollowing: FollowingStatements
): Promise<number> {
  for (;;) {
    // First the lock: what a statement reads stays as it is until the commit.
    const changes = [bindSequenceLock(store, userId), ...(await prepareChanges())]
    const count = (rows: readonly Rows[]) => countChanged(changes, rows)
    try {
      return count((await store.atomically(...changes, ...toFollowing(count))) as readonly Rows[])
    } catch (error) {
      const isOutdated = error instanceof NoRowAffected && changes.includes(error.statement)
      if (!isOutdated) throw error
    }
  }
}

/** The statements of all passes, range by range. */
export async function preparePassStatements(
  passes: readonly Pass[],
  ranges: readonly IdRange[]
): Promise<PassStatement[]> {
  const statements: PassStatement[] = []
  for (const { prepareRange } of passes)
    for (const range of ranges) statements.push(...(await prepareRange(range)))
  return statements
}
