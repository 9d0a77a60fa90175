import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type Database from 'better-sqlite3'
import { getTableName, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { WriteLock } from '../../cluster/write-lock.ts'
import { createKeyedQueue } from '../../process/keyed-queue.ts'
import { assertAffected, type BoundStatement, type ResultsOf, type Rows } from '../bound-statement.ts'
import { sqliteKit } from '../columns.ts'
import { type Engine, MAX_WAITING_PER_USER, type PreparedQuery } from '../engine.ts'
import { DatabaseError, isOutOfSpace, StatementError, toTransactionError } from '../errors.ts'
import { createReadCaches } from './cache.ts'
import { openConnection, prepareFile } from './connection.ts'
import { jsonElements, openDrizzle, prepareQuery } from './drizzle.ts'
import { createEraser, truncateLog } from './erasure.ts'
import { createFileCheck } from './file-check.ts'
import { createGroupCommit } from './group-commit.ts'
import { createReadPool } from './read-pool.ts'
import { createReserve, NO_RESERVE, RELEASE_SIZE } from './reserve.ts'
import { createSearch } from './search.ts'

/** So many rows are looked through in a few milliseconds, however long they are; more are read beside the event loop. */
const MAX_INLINE_ROWS = 200
/** Bytes that a write has by which it is found out whether there is room. */
const PROBE_SIZE = 32_768

/** The path of the database file, or undefined for one in memory. */
export function toSqlitePath(url: string): string | undefined {
  if (url === ':memory:') return undefined
  return url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length)
}

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

  const db = openDrizzle(connection)
  const readPool = file === undefined ? undefined : createReadPool(file)
  const queueForUser = createKeyedQueue(1, MAX_WAITING_PER_USER)
  const rowChecks = new Map<PgColumn, Database.Statement>()
  function hasManyRows(owner: PgColumn, userId: string): boolean {
    try {
      const check = rowChecks.get(owner) ?? connection.prepare(selectOneBeyond(owner, MAX_INLINE_ROWS))
      rowChecks.set(owner, check)
      return check.get(userId) !== undefined
    } catch (error) {
      throw new StatementError(`${getTableName(owner.table)}_many`, error)
    }
  }

  const reserve = file === undefined ? NO_RESERVE : createReserve(file)
  /** Runs at once what has failed because the disk is full, with as much of the reserve as is needed. */
  function runWithReserve(statements: readonly BoundStatement[], fault: unknown): Rows[] {
    let error = fault
    if (file === undefined || !isOutOfSpace(error)) throw error
    assertFilesInPlace()
    const share = Math.max(...statements.map(({ reserveShare = 0 }) => reserveShare))
    emptyLogWithReserve(file, share)
    for (let size = RELEASE_SIZE; isOutOfSpace(error) && reserve.release(share, size) > 0; size *= 2)
      try {
        return runInTransaction.immediate(statements)
      } catch (nextError) {
        error = nextError
      }
    throw error
  }

  /**
   * Frees the room of the write-ahead log. On a full disk only the reserve lets the database grow by the pages in the log. The
   * log has more of them than the database lacks, so its room fills the reserve again.
   */
  function emptyLogWithReserve(path: string, share: number) {
    const size = sizeQuery.get() as number
    const growth = size - statSync(path).size
    // A little more, for disks give room in blocks.
    const needed = growth > 0 ? growth + RELEASE_SIZE : 0
    // With less room the log would stay, and the database would keep what it got of the reserve.
    if (reserve.release(share, needed) === needed) truncateLog(connection)
    reserve.refill()
  }

  const sizeQuery = connection
    .prepare('select page_count * page_size from pragma_page_count, pragma_page_size')
    .pluck()

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

  const pingQuery = connection.prepare('select count(*) from __drizzle_migrations where id is null')
  return {
    databaseInfo: { database: file ?? 'in memory', isNew },
    db,
    kit: sqliteKit,
    cached: createReadCaches(connection),
    prepare(builder) {
      const { run, readWith } = prepareQuery(builder)
      const execute: PreparedQuery['execute'] = readWith ? run : params => commit(() => run(params))
      return {
        run,
        execute,
        executeLong: (params, owner) =>
          readWith && readPool && hasManyRows(owner, params.userId)
            ? queueForUser(params.userId, () => readWith(readPool.read, params))
            : execute(params)
      }
    },
    // SQLite numbers a row that brings no number.
    nextValue: () => sql`null`,
    precede({ query, value }) {
      const first = prepareQuery(query)
      return {
        db,
        value,
        prepare(builder) {
          const second = prepareQuery(builder)
          return {
            run(params) {
              first.run(params)
              return second.run(params)
            }
          }
        }
      }
    },
    async atomically<Statements extends readonly BoundStatement[]>(...statements: Statements) {
      try {
        // A statement by itself needs no transaction: it takes effect as a whole or not at all, or after one that may take
        // effect without it.
        const work = statements.length === 1 ? runAll : runInTransaction
        const rows = commit(() => work(statements))
        const hasReserve = statements.some(({ reserveShare }) => reserveShare)
        return (await (hasReserve
          ? // Filled up again in the same turn, before anybody else writes.
            rows.catch(error => runWithReserve(statements, error)).finally(reserve.refill)
          : rows)) as ResultsOf<Statements>
      } catch (error) {
        throw toTransactionError(statements, error)
      }
    },
    createSearch: columns => createSearch(connection, columns, commit),
    jsonElements,
    queueForUser,
    hasManyRows,
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

function runAll(statements: readonly BoundStatement[]): Rows[] {
  const results: Rows[] = []
  for (const statement of statements)
    results.push(assertAffected(statement as BoundStatement<Rows>, statement.run(results) as Rows))
  return results
}

/** A query that finds a row if a user has more rows in a table than so many. */
const selectOneBeyond = (owner: PgColumn, rows: number) =>
  `select 1 from ${getTableName(owner.table)} where ${owner.name} = +? limit 1 offset ${rows}`
