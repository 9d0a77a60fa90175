import { type Config, isPostgres } from '../config/config.ts'
import { readPendingMigrations } from '../db/migrations.ts'

/** The creation time of the latest migration of this version. It names the schema. */
export function getSchemaTime({ DATABASE_URL }: Config): Date {
  const migrations = readPendingMigrations(isPostgres(DATABASE_URL) ? 'postgres' : 'sqlite', 0)
  return new Date(Math.max(...migrations.map(({ folderMillis }) => folderMillis)))
}
