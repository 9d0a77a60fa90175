import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { createPrivateFile } from '../../process/private-files.ts'
import { DatabaseError } from '../errors.ts'
import { assertIntact, countPendingMigrations } from './inspection.ts'

/** Milliseconds to wait for another process that is writing. */
const BUSY_TIMEOUT = 5000
/** Pages that are copied at a time. */
const PAGES_PER_STEP = 1000

/**
 * Copies a SQLite database as it is at one point in time, also while others write to it. The copy appears under its name
 * once it is whole, checked and on disk, in a single file that only its owner may read. What was deleted is not in it.
 * @param from the file to copy
 * @param to the copy; what is there is overwritten
 * @param onProgress is told of the share that is done, from 0 to 1
 * @throws {DatabaseError} when it is damaged, no database of Latchkey, or of a newer schema than this program knows
 * @throws with the code EEXIST when one of `draftsOf` is there
 */
export async function copySqlite(
  from: string,
  to: string,
  onProgress: (share: number) => void
): Promise<void> {
  const [draft, copy] = getDraftFiles(to)
  createPrivateFile(draft)
  try {
    createPrivateFile(copy)
    await copyPages(from, copy, onProgress)
      .then(() => vacuumInto(draft, copy))
      .catch(error => {
        throw new DatabaseError(`${from} cannot be copied: ${(error as Error).message}`)
      })
    fsyncPath(draft)
    renameSync(draft, to)
    fsyncPath(dirname(to))
  } finally {
    for (const file of [draft, copy]) rmSync(file, { force: true })
  }
}

/** The files in which a copy is made, the first compactly from one page by page, and those that SQLite would take for a part of it. */
export const getDraftFiles = (to: string): [draft: string, copy: string, ...beside: string[]] => [
  `${to}.part`,
  `${to}.pages`,
  ...['.part', '.pages'].flatMap(draft =>
    ['-journal', '-wal', '-shm'].map(suffix => `${to}${draft}${suffix}`)
  )
]

async function copyPages(from: string, to: string, onProgress: (share: number) => void) {
  const source = new Database(from, { readonly: true, timeout: BUSY_TIMEOUT })
  try {
    // Holds on to one state of the database: else each write of another process makes the copy begin anew.
    source.exec('begin')
    countPendingMigrations(source)
    await source.backup(to, {
      progress({ totalPages, remainingPages }) {
        onProgress(1 - remainingPages / totalPages)
        return PAGES_PER_STEP
      }
    })
  } finally {
    source.close()
  }
  const copy = new Database(to)
  try {
    // In the mode of its source it would need a second file even to be read.
    copy.pragma('journal_mode = DELETE')
    assertIntact(copy)
  } finally {
    copy.close()
  }
}

/** Free pages, and what is left of rows that an older version deleted, stay behind. */
function vacuumInto(draft: string, from: string) {
  const copy = new Database(from)
  try {
    copy.prepare('vacuum into ?').run(draft)
  } finally {
    copy.close()
  }
}

function fsyncPath(path: string) {
  const descriptor = openSync(path, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

/** Whether another process has the database open. One that is damaged, or is none, counts as not in use. */
export function isInUse(file: string): boolean {
  const connection = new Database(file, { timeout: 0 })
  let isBusy = false
  try {
    // Takes the file for itself alone, which whoever else has it open prevents.
    connection.pragma('journal_mode = DELETE')
  } catch (error) {
    isBusy = (error as { code?: string }).code === 'SQLITE_BUSY'
  }
  connection.close()
  return isBusy
}
