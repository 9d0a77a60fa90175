import { existsSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { isPostgres } from '../config/database-url.ts'
import { DatabaseError } from '../db/errors.ts'
import { toSqlitePath } from '../db/sqlite/engine.ts'
import { openStore, type Store } from '../db/store.ts'
// What a command asks of a feature may be refused by one of its problems, which are known once all features are loaded.
import '../features.ts'
import type { CommandContext } from './command.ts'

/**
 * Calls `work` with the open database. The service may run at the same time.
 * @throws {DatabaseError} when there is no database: a wrong setting must not create an empty one
 */
export async function withDatabase<Result>(
  { config, now, log }: Pick<CommandContext, 'now' | 'log'> & { config: Config },
  work: (store: Store) => Promise<Result>
): Promise<Result> {
  if (!isPostgres(config.database.url)) getDatabaseFile(config)
  const store = await openStore({ url: config.database.url, poolMax: 1, now, log })
  return work(store).finally(store.close)
}

/**
 * The file of the SQLite database.
 * @throws {DatabaseError} when the file does not exist, or the database is in memory
 */
export function getDatabaseFile({ database }: Config): string {
  const file = toSqlitePath(database.url)
  if (file === undefined)
    throw new DatabaseError('A database in memory cannot be opened from another process.')
  if (existsSync(file)) return file
  throw new DatabaseError(
    `There is no database at ${file}. Check DATABASE_URL; latchkey migrate creates a database.`
  )
}
