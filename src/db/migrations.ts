import { fileURLToPath } from 'node:url'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { DatabaseError } from './errors.ts'

/** Where the migrations of an engine lie. */
export const getMigrationsFolder = (engine: 'sqlite' | 'postgres') =>
  fileURLToPath(new URL(`../../migrations/${engine}`, import.meta.url))

/**
 * The migrations that a database lacks, oldest first.
 * @param applied when the last one that it has was made, in milliseconds since 1970; 0 for an empty database
 * @throws {DatabaseError} when the database is ahead: this program would not know what it finds there
 */
export function readPendingMigrations(engine: 'sqlite' | 'postgres', applied: number) {
  const available = readMigrationFiles({ migrationsFolder: getMigrationsFolder(engine) })
  const latest = Math.max(...available.map(({ folderMillis }) => folderMillis))
  if (applied > latest)
    throw new DatabaseError(
      `The database has a newer schema (${toIsoTime(applied)}) than this version of Latchkey knows (${toIsoTime(latest)}). Start the newer version, or restore a backup.`
    )
  return available.filter(({ folderMillis }) => folderMillis > applied)
}

const toIsoTime = (milliseconds: number) => new Date(milliseconds).toISOString()
