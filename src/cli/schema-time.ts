import type { Config } from '../config/config.ts'
import { isPostgres } from '../config/database-url.ts'
import { readPendingMigrations } from '../db/migrations.ts'

/** The creation time of the latest migration of this version. It names the schema. */
export function getSchemaTime({ database }: Config): Date {
  const migrations = readPendingMigrations(isPostgres(database.url) ? 'postgres' : 'sqlite', 0)
  return new Date(Math.max(...migrations.map(({ folderMillis }) => folderMillis)))
}
