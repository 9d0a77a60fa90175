import type { Store } from '../../db/store.ts'
import { personalAccessTokenStatements } from './statements.ts'
import type { PersonalAccessTokenRow } from './tables.ts'

const HOUR = 3_600_000

/**
 * Records when tokens were last used, to the hour: at most one write an hour for each token, beside the request that uses it.
 * @param onFailed gets the error of a write that failed; the next hour brings another one
 */
export function createLastUse(store: Store, onFailed: (error: unknown) => void) {
  const { recordUse } = personalAccessTokenStatements(store)
  /** The tokens whose use in the present hour this process has recorded. */
  const recorded = new Set<string>()
  let recordedHour = 0
  const writes = new Set<Promise<unknown>>()

  return {
    record({ id, userId, lastUsedAt }: PersonalAccessTokenRow): void {
      const now = store.now().getTime()
      const hour = now - (now % HOUR)
      if (lastUsedAt && lastUsedAt.getTime() >= hour) return
      if (recordedHour !== hour) recorded.clear()
      recordedHour = hour
      if (recorded.has(id)) return
      recorded.add(id)
      const write = recordUse.execute({ id, userId, lastUsedAt: new Date(hour) }).catch(onFailed)
      writes.add(write)
      void write.then(() => writes.delete(write))
    },
    /** Resolves when what was begun is done. */
    async drain(): Promise<void> {
      await Promise.all(writes)
    }
  }
}

export type LastUse = ReturnType<typeof createLastUse>
