import Database from 'better-sqlite3'
import { DatabaseError } from '../errors.ts'
import { type Group, type Inspection, type Questions, toCreationTime } from '../inspection.ts'
import { readPendingMigrations } from '../migrations.ts'

/** Milliseconds to wait for another process that is writing. */
const BUSY_TIMEOUT = 5000

/**
 * Looks at a SQLite database, and through all of it for damages.
 * @throws {DatabaseError} when it is damaged, no database of Latchkey, or of a newer schema than this program knows
 */
export async function inspectSqlite(file: string, questions: Questions): Promise<Inspection> {
  try {
    const connection = new Database(file, { readonly: true, timeout: BUSY_TIMEOUT })
    return await inspect(connection, questions).finally(() => connection.close())
  } catch (error) {
    throw new DatabaseError(`${file}: ${(error as Error).message}`)
  }
}

async function inspect(
  connection: Database.Database,
  { datedTable, groups }: Questions
): Promise<Inspection> {
  const pendingMigrations = countPendingMigrations(connection)
  assertIntact(connection)
  const latestId = connection.prepare(`select max(id) from ${datedTable}`).pluck().get()
  const version = connection.prepare('select sqlite_version()').pluck().get()
  return {
    version: `SQLite ${version}`,
    pendingMigrations,
    latestWrite: toCreationTime(latestId),
    groups: pendingMigrations > 0 ? [] : connection.prepare<[], Group>(groups).all()
  }
}

/** How many migrations an open database lacks. */
export function countPendingMigrations(connection: Database.Database): number {
  if (!isLatchkeyDatabase(connection)) throw new DatabaseError('it is not a database of Latchkey')
  const applied = connection.prepare('select max(created_at) from __drizzle_migrations').pluck().get()
  return readPendingMigrations('sqlite', applied as number).length
}

/** Whether a database that is not empty was made by this program. */
export const isLatchkeyDatabase = (connection: Database.Database): boolean =>
  connection.prepare("select 1 from sqlite_schema where name = '__drizzle_migrations'").get() !== undefined

export function assertIntact(connection: Database.Database): void {
  const fault = connection.pragma('integrity_check(1)', { simple: true })
  if (fault !== 'ok') throw new DatabaseError(`it is damaged: ${fault}`)
}
