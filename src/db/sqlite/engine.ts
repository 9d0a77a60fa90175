import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import type { WriteLock } from '../../cluster/write-lock.ts'
import { createKeyedQueue } from '../../process/keyed-queue.ts'
import {
  createParentFolder,
  createPrivateFile,
  findObstacle,
  pathExists,
  restrictToOwner
} from '../../process/private-files.ts'
import { SystemError } from '../../process/system-error.ts'
import { type ColumnKit, postgresColumns, sqliteColumns } from '../columns.ts'
import {
  assertAffected,
  type BoundStatement,
  type Engine,
  MAX_WAITING_PER_USER,
  NoRowAffected,
  type PreparedQuery,
  type Queries,
  type ResultsOf,
  type Rows
} from '../engine.ts'
import { DatabaseError, isWriteFault, StatementError } from '../errors.ts'
import { readPendingMigrations } from '../migrations.ts'
import { createTables } from '../schema.ts'
import { createReadCache } from './cache.ts'
import { createEraser } from './erasure.ts'
import { createFileCheck } from './file-check.ts'
import { createGroupCommit } from './group-commit.ts'
import { isLatchkeyDatabase } from './inspection.ts'
import { createReadPool } from './read-pool.ts'
import { createReserve, NO_RESERVE } from './reserve.ts'
import { createSearch } from './search.ts'
import { prepareQuery } from './statement.ts'

/** Milliseconds to wait for another process that is writing. */
const BUSY_TIMEOUT = 5000
/** Bytes that the write-ahead log goes back to after a reader, such as a backup, kept it from beginning anew: 16 MiB. */
const WAL_LIMIT = 16_777_216
/** Pages after which the write-ahead log goes into the database: as many bytes as SQLite's 1000 of the usual size. */
const CHECKPOINT_PAGES = 2000

/** So many todos are looked through in a few milliseconds, however long they are; more are read beside the event loop. */
const MAX_INLINE_TODOS = 200
/** Bytes that a write has by which it is found out whether there is room. */
const PROBE_SIZE = 32_768

/** The path of the database file, or undefined for one in memory. */
export function toSqlitePath(url: string): string | undefined {
  if (url === ':memory:') return undefined
  return url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length)
}

/*
 * The features are written in the types of PostgreSQL. They fit because a column's values are of the same type in both
 * kits, and so are the rows, which is checked here, and because the two query builders are called alike, up to
 * `prepare`, whose name SQLite ignores.
 */
type Kind = Exclude<keyof ColumnKit, 'table' | 'index' | 'uniqueIndex'>
type Kinds = Record<Kind, (name: string) => { _: { data: unknown } }>
type SameValues<Kit extends Kinds> = {
  [Key in Kind]: (name: string) => { _: { data: ReturnType<Kit[Key]>['_']['data'] } }
}
sqliteColumns satisfies SameValues<ColumnKit>
postgresColumns satisfies SameValues<typeof sqliteColumns>

/** The tables of SQLite, under the types of PostgreSQL. */
export const sqliteTables = createTables(sqliteColumns as unknown as ColumnKit)

/**
 * Opens a SQLite database, made at first use. It and the folder, where that is made, too, are for their owner only.
 * @param writeLock waits for other processes that write to it
 * @throws {SystemError} when this user may not read and write the file
 * @throws {DatabaseError} when it is another program's, damaged, or of a newer schema than this program knows
 */
export function openSqlite(url: string, writeLock?: WriteLock): Engine {
  const file = toSqlitePath(url)
  if (file) prepareFile(file)
  const { connection, isNew } = openConnection(file)
  const assertFilesInPlace = createFileCheck(file)
  const { commit, flush, tally } = createGroupCommit(connection, assertFilesInPlace, writeLock)
  const runInTransaction = connection.transaction(runAll)

  const db = drizzle(connection)
  // To SQLite `+?` is the value itself, but none to plan by: where it may plan by one, it plans anew whenever one is given,
  // which takes as long as the statement (sqlite3_prepare_v3 in https://sqlite.org/c3ref/prepare.html).
  Object.assign((db as unknown as { dialect: object }).dialect, { escapeParam: () => '+?' })

  const readPool = file === undefined ? undefined : createReadPool(file)
  const queueForUser = createKeyedQueue(1, MAX_WAITING_PER_USER)
  const findMany = connection.prepare(
    `select 1 from todos where user_id = +? limit 1 offset ${MAX_INLINE_TODOS}`
  )
  const hasManyTodos = (userId: string) =>
    withStatementError('todos_many', () => findMany.get(userId)) !== undefined
  // Asked for with each look at todos, so not by way of Drizzle, which takes three times as long.
  const findLatestUpdate = connection.prepare<[string], { revision: string; is_done: number }>(
    'select revision, is_done from bulk_updates where user_id = +?'
  )
  function findLatest(userId: string) {
    const row = withStatementError('bulk_updates_last', () => findLatestUpdate.get(userId))
    return row && { revision: row.revision, isDone: row.is_done === 1 }
  }

  const reserve = file === undefined ? NO_RESERVE : createReserve(file)
  /** Carries out at once what has failed for want of room, with as much of the reserve as it takes. */
  function runWithReserve(statements: readonly BoundStatement[], fault: unknown): Rows[] {
    let error = fault
    while (isWriteFault(error) && reserve.release())
      try {
        return runInTransaction.immediate(statements)
      } catch (nextError) {
        error = nextError
      }
    throw error
  }

  const tryWrite = connection.transaction(() => {
    const { lastInsertRowid } = insertProbe.run(Buffer.alloc(PROBE_SIZE))
    deleteProbe.run(lastInsertRowid)
  })
  // The one table that is nobody's.
  const insertProbe = connection.prepare('insert into __drizzle_migrations (hash) values (?)')
  const deleteProbe = connection.prepare('delete from __drizzle_migrations where id = ?')

  let closing: Promise<void> | undefined
  async function close() {
    flush()
    await readPool?.close()
    reserve.close()
    connection.close()
  }

  const pingQuery = connection.prepare('select count(*) from users where id is null')
  return {
    databaseInfo: { database: file ?? 'in memory', isNew },
    db: db as unknown as Queries,
    tables: sqliteTables,
    ...createReadCache(connection),
    prepare(builder) {
      const { run, readWith } = prepareQuery(builder)
      const execute: PreparedQuery['execute'] = readWith
        ? async params => run(params)
        : params => commit(() => run(params))
      return {
        run,
        execute,
        executeLong: params =>
          readWith && readPool && hasManyTodos(params.userId)
            ? queueForUser(params.userId, () => readWith(readPool.read, params))
            : execute(params)
      }
    },
    async atomically<Statements extends readonly BoundStatement[]>(...statements: Statements) {
      try {
        // A statement by itself takes effect as a whole or not at all.
        const work = statements.length === 1 ? runAll : runInTransaction
        const rows = commit(() => work(statements))
        const mayUseReserve = statements.some(statement => statement.mayUseReserve)
        return (await (mayUseReserve
          ? rows.catch(error => runWithReserve(statements, error)).finally(reserve.refill)
          : rows)) as ResultsOf<Statements>
      } catch (error) {
        if (error instanceof NoRowAffected) throw error
        throw new StatementError(statements.map(({ name }) => name).join(' + '), error)
      }
    },
    search: createSearch(connection, sqliteTables, commit),
    queueForUser,
    slicedUpdates: { isNeeded: hasManyTodos, findLatest },
    writeCounts: tally,
    eraseDeleted: createEraser(connection, commit),
    ping: async () => {
      assertFilesInPlace()
      pingQuery.get()
      if (reserve.isDiskFull()) await commit(tryWrite)
    },
    async probeWrite() {
      if (!reserve.refill()) throw new DatabaseError('there is no room left on the disk')
      await commit(tryWrite)
    },
    close: () => {
      closing ??= close()
      return closing
    }
  }
}

function prepareFile(file: string) {
  const obstacle = findObstacle(file)
  if (obstacle) throw new SystemError(obstacle)
  createParentFolder(file)
  if (!pathExists(file)) createPrivateFile(file)
  // What SQLite makes beside it later is as open as the database itself.
  for (const suffix of ['', '-wal', '-shm']) restrictToOwner(`${file}${suffix}`)
}

function openConnection(file = ':memory:') {
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
  // Of a new file. A commit writes whole pages, and a todo is in nine trees: half of the usual size writes half as much,
  // and takes a quarter off the time of a create.
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

/** @throws {StatementError} when a query that is not Drizzle's fails */
function withStatementError<Row>(name: string, query: () => Row): Row {
  try {
    return query()
  } catch (error) {
    throw new StatementError(name, error)
  }
}

function runAll(statements: readonly BoundStatement[]): Rows[] {
  const results: Rows[] = []
  for (const statement of statements)
    results.push(assertAffected(statement as BoundStatement<Rows>, statement.run(results) as Rows))
  return results
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
