import { setTimeout as sleep } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import { StatementError } from '../errors.ts'
import type { Commit } from './group-commit.ts'

/** Pages of the index that a slice writes: a few milliseconds. */
const PAGES_PER_SLICE = 50
/** Milliseconds between two slices, in which requests go first. */
const PAUSE = 5
/** Rows of the index from this number on say which rows are deleted (FTS5_TOMBSTONE_ROWID in fts5_index.c of SQLite). */
const FIRST_TOMBSTONE = 2n ** 53n

/**
 * Rids the files of what was deleted. `secure_delete` leaves nothing of rows; but a full-text index keeps the words of a
 * deleted row until its parts are merged, and the write-ahead log keeps pages as they were before.
 */
export function createEraser(connection: Database.Database, commit: Commit): () => Promise<void> {
  const mergers = findFullTextIndexes(connection).map(index => createMerger(connection, index, commit))
  let running = Promise.resolve()

  async function erase() {
    try {
      for (const mergeDeleted of mergers) await mergeDeleted()
      truncateLog(connection)
    } catch (error) {
      throw new StatementError('scrub', error)
    }
  }

  // One after another, for the rows of whoever asks meanwhile may have gone too late for the one under way.
  return () => {
    running = running.then(erase, erase)
    return running
  }
}

const findFullTextIndexes = (connection: Database.Database) =>
  connection
    .prepare<[], string>(
      "select name from sqlite_schema where sql like 'create virtual table % using fts5(%'"
    )
    .pluck()
    .all()

/** Makes a function that merges the parts of an index, if rows of the index were deleted. */
function createMerger(connection: Database.Database, index: string, commit: Commit): () => Promise<void> {
  const hasTombstones = connection.prepare(
    `select 1 from ${index}_data where id >= ${FIRST_TOMBSTONE} limit 1`
  )
  const merge = connection.prepare(`insert into ${index} (${index}, rank) values ('merge', +?)`)
  const totalChanges = connection.prepare('select total_changes()').pluck()

  /** @returns whether there was something to merge: then there are more changes than the one of the statement itself */
  function mergeSlice(pages: number): boolean {
    const before = totalChanges.get() as number
    merge.run(pages)
    return (totalChanges.get() as number) - before > 1
  }

  return async function mergeDeleted() {
    if (!hasTombstones.get()) return
    // A negative number begins to merge all parts into one, positive numbers go on with it.
    let isUnfinished = await commit(() => mergeSlice(-PAGES_PER_SLICE))
    while (isUnfinished) {
      await sleep(PAUSE)
      isUnfinished = await commit(() => mergeSlice(PAGES_PER_SLICE))
    }
  }
}

/** Brings the write-ahead log into the database and empties it, unless somebody reads or writes just now. */
export function truncateLog(connection: Database.Database): void {
  const timeout = connection.pragma('busy_timeout', { simple: true })
  connection.pragma('busy_timeout = 0')
  try {
    connection.pragma('wal_checkpoint(TRUNCATE)')
  } finally {
    connection.pragma(`busy_timeout = ${timeout}`)
  }
}
