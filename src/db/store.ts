import { V7Generator } from 'uuidv7'
import { openSqlite, type Queries } from './sqlite.ts'

/** The present. Injected, so that expiry can be tested to the second. */
export type Clock = () => Date

/** What the features stand on: the database, the time and new ids. */
export interface Store {
  readonly db: Queries
  readonly now: Clock
  /** A UUIDv7 (RFC 9562), greater than those before it: rows of one time lie together. */
  readonly newId: () => string
  /** Resolves when the database answers a query, rejects when it does not. */
  readonly ping: () => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * Opens the database that the URL names, made and migrated to the present schema if need be.
 * @param url `file:PATH` or `:memory:`
 */
export function openStore(url: string, now: Clock): Store {
  const ids = new V7Generator()
  return {
    ...openSqlite(url),
    now,
    newId: () => ids.generateOrResetWithTs(now().getTime()).toString()
  }
}
