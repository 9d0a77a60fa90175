import Database from 'better-sqlite3'
import { DatabaseError } from './failures.ts'
import { type Inspection, timeOf } from './inspection.ts'
import { pendingOf } from './migrations.ts'

/** Milliseconds to wait for another process that is writing. */
const BUSY_TIMEOUT = 5000

/**
 * Looks at a SQLite database, and through all of it for damages.
 * @throws {DatabaseError} when it is damaged, no database of Latchkey, or of a newer schema than this program knows
 */
export async function inspectSqlite(file: string): Promise<Inspection> {
  try {
    const connection = new Database(file, { readonly: true, timeout: BUSY_TIMEOUT })
    return await lookInto(connection).finally(() => connection.close())
  } catch (error) {
    throw new DatabaseError(`${file}: ${(error as Error).message}`)
  }
}

async function lookInto(connection: Database.Database): Promise<Inspection> {
  const pending = pendingIn(connection)
  refuseDamaged(connection)
  const latest = connection.prepare('select max(id) from events').pluck().get()
  const version = connection.prepare('select sqlite_version()').pluck().get()
  return { version: `SQLite ${version}`, pending, latestEvent: timeOf(latest) }
}

/** How many migrations an open database lacks. */
export function pendingIn(connection: Database.Database): number {
  if (!isOurs(connection)) throw new DatabaseError('it is not a database of Latchkey')
  const applied = connection.prepare('select max(created_at) from __drizzle_migrations').pluck().get()
  return pendingOf('sqlite', applied as number).length
}

/** Whether a database that is not empty was made by this program. */
export const isOurs = (connection: Database.Database): boolean =>
  connection.prepare("select 1 from sqlite_schema where name = '__drizzle_migrations'").get() !== undefined

export function refuseDamaged(connection: Database.Database): void {
  const fault = connection.pragma('integrity_check(1)', { simple: true })
  if (fault !== 'ok') throw new DatabaseError(`it is damaged: ${fault}`)
}
