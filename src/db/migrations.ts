import { fileURLToPath } from 'node:url'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { DatabaseError } from './failures.ts'

/** Where the migrations of an engine lie. */
export const folderOf = (engine: 'sqlite' | 'postgres') =>
  fileURLToPath(new URL(`../../migrations/${engine}`, import.meta.url))

/**
 * The migrations that a database lacks, oldest first.
 * @param applied when the last one that it has was made, in milliseconds since 1970; 0 for an empty database
 * @throws {DatabaseError} when the database is ahead: this program would not know what it finds there
 */
export function pendingOf(engine: 'sqlite' | 'postgres', applied: number) {
  const known = readMigrationFiles({ migrationsFolder: folderOf(engine) })
  const latest = Math.max(...known.map(({ folderMillis }) => folderMillis))
  if (applied > latest)
    throw new DatabaseError(
      `The database has a newer schema (${day(applied)}) than this version of Latchkey knows (${day(latest)}). Start the newer version, or restore a backup.`
    )
  return known.filter(({ folderMillis }) => folderMillis > applied)
}

const day = (milliseconds: number) => new Date(milliseconds).toISOString()
