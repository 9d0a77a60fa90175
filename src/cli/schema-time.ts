import { type Config, isPostgres } from '../config.ts'
import { pendingOf } from '../db/migrations.ts'

/** When the latest migration that this version knows was made, which names the schema. */
export function schemaTimeOf({ DATABASE_URL }: Config): Date {
  const known = pendingOf(isPostgres(DATABASE_URL) ? 'postgres' : 'sqlite', 0)
  return new Date(Math.max(...known.map(({ folderMillis }) => folderMillis)))
}
