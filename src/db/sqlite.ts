import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { closeToOthers, createPrivateFile, isTaken, makeFolderOf, obstacleTo } from '../private-files.ts'
import { SystemError } from '../system-error.ts'
import { type ColumnKit, postgresColumns, sqliteColumns } from './columns.ts'
import {
  type Engine,
  type Found,
  found,
  type Prepared,
  type Queries,
  type RowsOf,
  type Step,
  StepMissed
} from './engine.ts'
import { DatabaseError, isWriteFault, StatementFailed } from './failures.ts'
import { groupCommitOf } from './group-commit.ts'
import { longReadsOf } from './long-reads.ts'
import { pendingOf } from './migrations.ts'
import { tablesOf } from './schema.ts'
import { isOurs } from './sqlite-inspection.ts'
import { memoryOf } from './sqlite-memory.ts'
import { readersOf } from './sqlite-reader.ts'
import { NO_RESERVE, reserveFor } from './sqlite-reserve.ts'
import { scrubberOf } from './sqlite-scrubbing.ts'
import { searchOf } from './sqlite-search.ts'
import { preparedOf } from './sqlite-statement.ts'
import { watchFiles } from './sqlite-watch.ts'
import type { Turn } from './turn.ts'

/** Milliseconds to wait for another process that is writing. */
const BUSY_TIMEOUT = 5000
/** Bytes that the write-ahead log goes back to after a reader, such as a backup, kept it from beginning anew: 16 MiB. */
const WAL_LIMIT = 16_777_216
/** Pages after which the write-ahead log goes into the database: as many bytes as SQLite's 1000 of the usual size. */
const CHECKPOINT = 2000

/** So many todos are looked through in a few milliseconds, however long they are; more are read beside the event loop. */
const FEW = 200
/** Bytes that a write has by which it is found out whether there is room. */
const PROBE = 32_768

/** The path of the database file, or undefined for one in memory. */
export function sqliteFile(url: string): string | undefined {
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
export const sqliteTables = tablesOf(sqliteColumns as unknown as ColumnKit)

/**
 * Opens a SQLite database, made at first use. It and the folder, where that is made, too, are for their owner only.
 * @param turn waits for other processes that write to it
 * @throws {SystemError} when this user may not read and write the file
 * @throws {DatabaseError} when it is another program's, damaged, or of a newer schema than this program knows
 */
export function openSqlite(url: string, turn?: Turn): Engine {
  const file = sqliteFile(url)
  if (file) prepareFile(file)
  const { connection, isNew } = open(file)
  const assertInPlace = watchFiles(file)
  const { commit, flush, tally } = groupCommitOf(connection, assertInPlace, turn)
  const allOrNone = connection.transaction(runAll)

  const db = drizzle(connection)
  // To SQLite `+?` is the value itself, but none to plan by: where it may plan by one, it plans anew whenever one is given,
  // which takes as long as the statement (sqlite3_prepare_v3 in https://sqlite.org/c3ref/prepare.html).
  Object.assign((db as unknown as { dialect: object }).dialect, { escapeParam: () => '+?' })

  const readers = file === undefined ? undefined : readersOf(file)
  const inTurn = longReadsOf(1)
  const many = connection.prepare(`select 1 from todos where user_id = +? limit 1 offset ${FEW}`)
  const hasMany = (userId: string) => asking('todos_many', () => many.get(userId)) !== undefined
  // Asked for with each look at todos, so not by way of Drizzle, which takes three times as long.
  const last = connection.prepare<[string], { revision: string; is_done: number }>(
    'select revision, is_done from bulk_updates where user_id = +?'
  )
  function lastOf(userId: string) {
    const row = asking('bulk_updates_last', () => last.get(userId))
    return row && { revision: row.revision, isDone: row.is_done === 1 }
  }

  const reserve = file === undefined ? NO_RESERVE : reserveFor(file)
  /** Carries out at once what has failed for want of room, with as much of the reserve as it takes. */
  function runOnReserve(steps: readonly Step[], fault: unknown): Found[] {
    let error = fault
    while (isWriteFault(error) && reserve.give())
      try {
        return allOrNone.immediate(steps)
      } catch (next) {
        error = next
      }
    throw error
  }

  const tryWrite = connection.transaction(() => {
    const { lastInsertRowid } = addProbe.run(Buffer.alloc(PROBE))
    removeProbe.run(lastInsertRowid)
  })
  // The one table that is nobody's.
  const addProbe = connection.prepare('insert into __drizzle_migrations (hash) values (?)')
  const removeProbe = connection.prepare('delete from __drizzle_migrations where id = ?')

  let closing: Promise<void> | undefined
  async function close() {
    flush()
    await readers?.close()
    reserve.close()
    connection.close()
  }

  const probe = connection.prepare('select count(*) from users where id is null')
  return {
    opened: { database: file ?? 'in memory', isNew },
    db: db as unknown as Queries,
    tables: sqliteTables,
    ...memoryOf(connection),
    prepare(builder) {
      const { run, readBy } = preparedOf(builder)
      const execute: Prepared['execute'] = readBy
        ? async values => run(values)
        : values => commit(() => run(values))
      return {
        run,
        execute,
        executeLong: values =>
          readBy && readers && hasMany(values.userId)
            ? inTurn(values.userId, () => readBy(readers.read, values))
            : execute(values)
      }
    },
    async atomically<Steps extends readonly Step[]>(...steps: Steps) {
      try {
        // A statement by itself takes effect as a whole or not at all.
        const work = steps.length === 1 ? runAll : allOrNone
        const rows = commit(() => work(steps))
        const isUrgent = steps.some(step => step.isUrgent)
        return (await (isUrgent
          ? rows.catch(error => runOnReserve(steps, error)).finally(reserve.refill)
          : rows)) as RowsOf<Steps>
      } catch (error) {
        if (error instanceof StepMissed) throw error
        throw new StatementFailed(steps.map(({ name }) => name).join(' + '), error)
      }
    },
    search: searchOf(connection, sqliteTables, commit),
    inTurn,
    slicing: { isFor: hasMany, lastOf },
    writes: tally,
    scrub: scrubberOf(connection, commit),
    ping: async () => {
      assertInPlace()
      probe.get()
      if (reserve.isAllThatIsLeft()) await commit(tryWrite)
    },
    async probe() {
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
  const obstacle = obstacleTo(file)
  if (obstacle) throw new SystemError(obstacle)
  makeFolderOf(file)
  if (!isTaken(file)) createPrivateFile(file)
  // What SQLite makes beside it later is as open as the database itself.
  for (const suffix of ['', '-wal', '-shm']) closeToOthers(`${file}${suffix}`)
}

function open(file = ':memory:') {
  const connection = new Database(file, { timeout: BUSY_TIMEOUT })
  try {
    return { connection, isNew: setUp(connection) }
  } catch (error) {
    connection.close()
    if (error instanceof DatabaseError) throw error
    throw new DatabaseError(`${file} cannot be used: ${(error as Error).message}`)
  }
}

/** @returns whether there was nothing in it */
function setUp(connection: Database.Database): boolean {
  // Of a new file. A commit writes whole pages, and a todo is in nine trees: half of the usual size writes half as much,
  // and takes a quarter off the time of a create.
  connection.pragma('page_size = 2048')
  connection.pragma('journal_mode = WAL')
  // Acknowledged means on disk. Said at every open: SQLite falls back to NORMAL on a WAL file that it reopens.
  connection.pragma('synchronous = FULL')
  connection.pragma(`journal_size_limit = ${WAL_LIMIT}`)
  connection.pragma(`wal_autocheckpoint = ${CHECKPOINT}`)
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

/** @throws {StatementFailed} when a query that is not Drizzle's fails */
function asking<Row>(name: string, query: () => Row): Row {
  try {
    return query()
  } catch (error) {
    throw new StatementFailed(name, error)
  }
}

function runAll(steps: readonly Step[]): Found[] {
  const results: Found[] = []
  for (const step of steps) results.push(found(step as Step<Found>, step.run(results) as Found))
  return results
}

/**
 * What Drizzle's migrator does, but for finding out what is lacking within the transaction: two processes may start.
 * @returns whether nothing was there before
 */
function migrate(connection: Database.Database): boolean {
  const isNew = !connection.prepare('select 1 from sqlite_schema limit 1').get()
  if (!isNew && !isOurs(connection))
    throw new DatabaseError(`${connection.name} is not a database of Latchkey. Give another path.`)
  connection.exec(
    'create table if not exists __drizzle_migrations (id integer primary key, hash text not null, created_at numeric)'
  )
  const applied = connection
    .prepare('select coalesce(max(created_at), 0) from __drizzle_migrations')
    .pluck()
    .get() as number
  for (const { sql, hash, folderMillis } of pendingOf('sqlite', applied)) {
    for (const statement of sql) connection.exec(statement)
    connection
      .prepare('insert into __drizzle_migrations (hash, created_at) values (?, ?)')
      .run(hash, folderMillis)
  }
  return isNew
}
