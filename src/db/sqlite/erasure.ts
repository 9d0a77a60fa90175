import { setTimeout as sleep } from 'node:timers/promises'
import type Database from 'better-sqlite3'
import { StatementError } from '../errors.ts'
import type { Commit } from './group-commit.ts'

/** Pages of the index that a slice writes: a few milliseconds. */
const PAGES_PER_SLICE = 50
/** Milliseconds between two slices, in which requests go first. */
const PAUSE = 5
/** Rows of the index from this number on say which todos are deleted (FTS5_TOMBSTONE_ROWID in fts5_index.c of SQLite). */
const FIRST_TOMBSTONE = 2n ** 53n

/**
 * Rids the files of what was deleted. Of rows `secure_delete` leaves nothing; but the full-text index keeps the words of a
 * deleted todo until its parts are merged, and the write-ahead log keeps pages as they were before.
 */
export function createEraser(connection: Database.Database, commit: Commit): () => Promise<void> {
  const hasTombstones = connection.prepare(
    `select 1 from todos_search_data where id >= ${FIRST_TOMBSTONE} limit 1`
  )
  const merge = connection.prepare("insert into todos_search (todos_search, rank) values ('merge', +?)")
  const totalChanges = connection.prepare('select total_changes()').pluck()
  let running = Promise.resolve()

  /** @returns whether it has done anything: the manual of FTS5 tells so by the changes, of which one is its own */
  function mergeSlice(pages: number): boolean {
    const before = totalChanges.get() as number
    merge.run(pages)
    return (totalChanges.get() as number) - before > 1
  }

  async function erase() {
    try {
      // A negative number begins to merge all parts into one, positive ones go on with it.
      if (hasTombstones.get()) {
        let isUnfinished = await commit(() => mergeSlice(-PAGES_PER_SLICE))
        while (isUnfinished) {
          await sleep(PAUSE)
          isUnfinished = await commit(() => mergeSlice(PAGES_PER_SLICE))
        }
      }
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

/** Brings the write-ahead log into the database and empties it, unless somebody reads or writes just now. */
function truncateLog(connection: Database.Database): void {
  const timeout = connection.pragma('busy_timeout', { simple: true })
  connection.pragma('busy_timeout = 0')
  try {
    connection.pragma('wal_checkpoint(TRUNCATE)')
  } finally {
    connection.pragma(`busy_timeout = ${timeout}`)
  }
}
