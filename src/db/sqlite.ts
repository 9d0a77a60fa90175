import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3'
import { migrate } from 'drizzle-orm/better-sqlite3/migrator'

/** What features may do with the database. A transaction is not among it: each write is one statement. */
export type Queries = Pick<BetterSQLite3Database, 'select' | 'insert' | 'update' | 'delete'>

const MIGRATIONS = fileURLToPath(new URL('../../migrations/sqlite', import.meta.url))

/** Milliseconds to wait for another process that is writing. */
const BUSY_TIMEOUT = 5000

/** The path of the database file, or undefined for one in memory. */
export function sqliteFile(url: string): string | undefined {
  if (url === ':memory:') return undefined
  return url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length)
}

/** Opens a SQLite database, made at first use in a directory that only its owner may enter. */
export function openSqlite(url: string) {
  const file = sqliteFile(url)
  if (file) mkdirSync(dirname(file), { recursive: true, mode: 0o700 })

  const connection = new Database(file ?? ':memory:', { timeout: BUSY_TIMEOUT })
  connection.pragma('journal_mode = WAL')
  // Acknowledged means on disk. Said at every open: SQLite falls back to NORMAL on a WAL file that it reopens.
  connection.pragma('synchronous = FULL')
  connection.pragma('foreign_keys = ON')

  const db = drizzle(connection)
  migrate(db, { migrationsFolder: MIGRATIONS })

  const probe = connection.prepare('select count(*) from users where id is null')
  return {
    db: db as Queries,
    ping: async () => {
      probe.get()
    },
    close: async () => {
      connection.close()
    }
  }
}
