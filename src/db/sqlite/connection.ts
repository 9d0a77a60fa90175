import Database from 'better-sqlite3'
import {
  createParentFolder,
  createPrivateFile,
  findObstacle,
  pathExists,
  restrictToOwner
} from '../../process/private-files.ts'
import { SystemError } from '../../process/system-error.ts'
import { DatabaseError } from '../errors.ts'
import { readPendingMigrations } from '../migrations.ts'
import { isLatchkeyDatabase } from './inspection.ts'

/** Milliseconds to wait for another process that is writing. */
const BUSY_TIMEOUT = 5000
/** Bytes that the write-ahead log goes back to after a reader, such as a backup, kept it from beginning anew: 16 MiB. */
const WAL_LIMIT = 16_777_216
/** Pages after which the write-ahead log goes into the database: as many bytes as SQLite's 1000 of the usual size. */
const CHECKPOINT_PAGES = 2000

/**
 * Makes the file ready to be opened: it and what SQLite makes beside it are for their owner only.
 * @throws {SystemError} when this user may not read and write the file
 */
export function prepareFile(file: string) {
  const obstacle = findObstacle(file)
  if (obstacle) throw new SystemError(obstacle)
  createParentFolder(file)
  if (!pathExists(file)) createPrivateFile(file)
  // What SQLite makes beside it later is as open as the database itself.
  for (const suffix of ['', '-wal', '-shm']) restrictToOwner(`${file}${suffix}`)
}

/**
 * Opens a database, made and migrated to the present schema if need be.
 * @throws {DatabaseError} when it is another program's, damaged, or of a newer schema than this program knows
 */
export function openConnection(file = ':memory:') {
  const connection = new Database(file, { timeout: BUSY_TIMEOUT })
  try {
    return { connection, isNew: configureConnection(connection) }
  } catch (error) {
    connection.close()
    if (error instanceof DatabaseError) throw error
    throw new DatabaseError(`${file} cannot be used: ${(error as Error).message}`)
  }
}

/** @returns whether there was nothing in it */
function configureConnection(connection: Database.Database): boolean {
  // Of a new file. A commit writes whole pages, and a row with many indexes is in many trees: half of the usual size writes
  // half as much, and takes a quarter off the time of a create.
  connection.pragma('page_size = 2048')
  connection.pragma('journal_mode = WAL')
  // Acknowledged means on disk. Said at every open: SQLite falls back to NORMAL on a WAL file that it reopens.
  connection.pragma('synchronous = FULL')
  connection.pragma(`journal_size_limit = ${WAL_LIMIT}`)
  connection.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  // What is deleted is overwritten, or it would stay in free pages of the file.
  connection.pragma('secure_delete = ON')
  // Off while tables are rebuilt: dropping the old one would delete, by cascade, the rows that refer to it.
  connection.pragma('foreign_keys = OFF')
  const isNew = connection.transaction(migrate).exclusive(connection)
  connection.pragma('foreign_keys = ON')
  // Where a statement notes what it would have to take back: in a file, that is a third of all that a create writes. After
  // the migrations, which sort whole tables.
  connection.pragma('temp_store = MEMORY')
  return isNew
}

/**
 * What Drizzle's migrator does, but for finding out what is lacking within the transaction: two processes may start.
 * @returns whether nothing was there before
 */
function migrate(connection: Database.Database): boolean {
  const isNew = !connection.prepare('select 1 from sqlite_schema limit 1').get()
  if (!isNew && !isLatchkeyDatabase(connection))
    throw new DatabaseError(`${connection.name} is not a database of Latchkey. Give another path.`)
  connection.exec(
    'create table if not exists __drizzle_migrations (id integer primary key, hash text not null, created_at numeric)'
  )
  const applied = connection
    .prepare('select coalesce(max(created_at), 0) from __drizzle_migrations')
    .pluck()
    .get() as number
  for (const { sql, hash, folderMillis } of readPendingMigrations('sqlite', applied)) {
    for (const statement of sql) connection.exec(statement)
    connection
      .prepare('insert into __drizzle_migrations (hash, created_at) values (?, ?)')
      .run(hash, folderMillis)
  }
  return isNew
}
