import type Database from 'better-sqlite3'
import { BetterSQLiteSession } from 'drizzle-orm/better-sqlite3/session'
import { BaseSQLiteDatabase, SQLiteSyncDialect } from 'drizzle-orm/sqlite-core'
import type { Queries } from '../engine.ts'

/**
 * Writes parameters as `+?`. To SQLite that is the value itself, but no value to plan by: where SQLite may plan by a value,
 * it plans anew for each, which takes as long as the statement (sqlite3_prepare_v3 in
 * https://sqlite.org/c3ref/prepare.html).
 */
class StablePlanDialect extends SQLiteSyncDialect {
  override escapeParam(): string {
    return '+?'
  }
}

/** Opens Drizzle on a connection, under the types of PostgreSQL, in which features are written. */
export function openDrizzle(connection: Database.Database): Queries {
  const dialect = new StablePlanDialect()
  const session = new BetterSQLiteSession(connection, dialect, undefined)
  return new BaseSQLiteDatabase('sync', dialect, session, undefined) as unknown as Queries
}
