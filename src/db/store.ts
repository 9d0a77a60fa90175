import { UUID, V7Generator } from 'uuidv7'
import type { WriteLock } from '../cluster/write-lock.ts'
import { isPostgres } from '../config/database-url.ts'
import { type Counters, createCounters } from '../process/counters.ts'
import type { Engine, Logger } from './engine.ts'
import { openPostgres } from './postgres/engine.ts'
import { openSqlite } from './sqlite/engine.ts'
import { trackWriteHealth } from './write-health.ts'

/** The present. Injected, so that expiry can be tested to the second. */
export type Clock = () => Date

/** What the features stand on: the database, the time and new ids. */
export interface Store extends Engine {
  readonly now: Clock
  /** A UUIDv7 (RFC 9562), greater than those before it: rows of one time lie together. */
  readonly newId: () => string
  /** What the service has done since its start. */
  readonly counters: Counters
}

export interface StoreOptions {
  /** `file:PATH`, `:memory:` or `postgres://…` */
  readonly url: string
  readonly poolMax: number
  readonly now: Clock
  readonly log: Logger
  /** Waits for other processes that write to the same SQLite file, where they take turns. */
  readonly writeLock?: WriteLock | undefined
}

/** Opens the database that the URL names, made and migrated to the present schema if need be. */
export async function openStore({ url, poolMax, now, log, writeLock }: StoreOptions): Promise<Store> {
  const ids = new V7Generator()
  const engine = isPostgres(url) ? await openPostgres({ url, poolMax, log }) : openSqlite(url, writeLock)
  const { atomically, ...tracked } = trackWriteHealth(engine)
  return {
    ...engine,
    ...tracked,
    async atomically(...statements) {
      const results = await atomically(...statements)
      for (const { onCommitted } of statements) onCommitted?.()
      return results
    },
    now,
    counters: createCounters(),
    newId: () => ids.generateOrResetWithTs(now().getTime()).toString()
  }
}

/** The least id that can be made at a point in time, to find by their ids the rows that were made before. */
export const toMinId = (time: Date): string => UUID.fromFieldsV7(time.getTime(), 0, 0, 0).toString()
