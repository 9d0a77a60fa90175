import { oncePerDatabase } from '../../../db/statements.ts'
import type { Store } from '../../../db/store.ts'
import { IDEMPOTENCY_RETENTION_MS } from '../../../idempotency/idempotency.ts'
import { BEFORE_ALL } from '../../order/list-position.ts'
import { type BulkUpdateRow, todoTables } from '../../tables.ts'
import type { PreparePasses } from './pass.ts'
import { runSlices } from './slices.ts'
import { bulkUpdateStatements } from './statements.ts'

/*
 * While SQLite writes, nothing else runs. A change of very many todos is therefore split into slices of a few milliseconds
 * each. A row describes the change until the last slice is done. Every read of the user's todos first finishes a pending
 * change, so nobody sees a part of it, not even after a crash.
 */

/** Whether a user has so many todos that one statement on all of them would hold up others. */
export const needsSlices = (store: Store, userId: string): boolean =>
  store.hasManyRows?.(todoTables(store.kit).todos.userId, userId) ?? false

/** The updates under way in this process, by user. */
const getRunningUpdates = oncePerDatabase(() => new Map<string, Promise<void>>())

/** Bulk updates of users who have very many todos, in slices. */
export function createSlicedUpdates(store: Store, preparePasses: PreparePasses) {
  const { find, findState, findUnfinished, start } = bulkUpdateStatements(store)
  const runningByUser = getRunningUpdates(store)

  async function findLatest(userId: string): Promise<BulkUpdateRow | undefined> {
    const [row] = await find.execute({ userId })
    return row
  }

  /** The revision of the latest update, and whether it is done. An engine whose writes hold up nobody has no slices. */
  const findLatestState = (userId: string) => (store.hasManyRows ? findState.execute({ userId }) : [])

  async function finishLatest(userId: string): Promise<void> {
    const update = await findLatest(userId)
    if (update) await runSlices(store, update, preparePasses)
  }

  /** Finishes the pending update of a user. @returns the revision of the last update */
  async function finishPending(userId: string): Promise<string | undefined> {
    for (;;) {
      const [last] = await findLatestState(userId)
      if (!last || last.isDone) return last?.revision
      const work =
        runningByUser.get(userId) ?? finishLatest(userId).finally(() => runningByUser.delete(userId))
      runningByUser.set(userId, work)
      await work
    }
  }

  /** Whether an update is a replay of the last one, within the time in which a request may be repeated. */
  function isReplayOf(last: BulkUpdateRow, requestId: string | null): boolean {
    const oldest = store.now().getTime() - IDEMPOTENCY_RETENTION_MS
    return requestId !== null && last.requestId === requestId && last.startedAt.getTime() >= oldest
  }

  return {
    finishPending,

    /** Finishes the pending updates of all users. */
    async finishAllPending(): Promise<void> {
      for (const { userId } of await findUnfinished.execute()) await finishPending(userId)
    },

    /** Reads a user's todos while no update of them is under way. */
    async readConsistently<Result>(userId: string, read: () => Promise<Result>): Promise<Result> {
      for (;;) {
        const revisionBefore = await finishPending(userId)
        const result = await read()
        const [last] = await findLatestState(userId)
        // Another process may have started an update meanwhile.
        if (last?.revision === revisionBefore) return result
      }
    },

    /**
     * Runs an update after the user's other updates.
     * @param requestId names the request, so that its repetition after a crash gets the answer of the first one
     * @returns how many todos changed
     * @throws {Problem} `rate_limited` when too many long reads and updates of the user wait already
     */
    async run(userId: string, change: unknown, requestId: string | null): Promise<number> {
      return store.queueForUser(userId, async () => {
        const [revision, startedAt] = [store.newId(), store.now()]
        const row = {
          userId,
          revision,
          startedAt,
          change,
          requestId,
          cursor: BEFORE_ALL,
          changed: 0,
          isDone: false
        }
        for (;;) {
          await finishPending(userId)
          const last = await findLatest(userId)
          if (last?.revision === revision) return last.changed
          if (last && isReplayOf(last, requestId)) return last.changed
          await start.execute(row)
        }
      })
    }
  }
}
