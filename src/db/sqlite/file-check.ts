import { statSync } from 'node:fs'

/** A file of the database is not the one that was opened: what is written would be lost. It goes by SQLite's own code. */
class FileMovedError extends Error {
  readonly code = 'SQLITE_READONLY_DBMOVED'

  constructor(file: string) {
    super(
      `${file} was removed, moved or replaced while the database was open. Nothing is written any more, for it would be ` +
        'lost. Put the file back, or restart the service to go on with what is there now'
    )
  }
}

/**
 * Watches the files of an open database. On Unix one that is removed lives on for whoever has it open, and takes writes that
 * are gone with its last reader; SQLite itself looks only without a write-ahead log.
 * @param file the database; there is nothing to watch of one in memory
 * @returns what throws when a file is no longer there under its name, or is another one
 */
export function createFileCheck(file: string | undefined): () => void {
  if (file === undefined) return () => {}
  const files = ['', '-wal', '-shm']
    .map(suffix => ({ path: `${file}${suffix}`, identity: getFileIdentity(`${file}${suffix}`) }))
    .filter(({ identity }) => identity !== undefined)

  return function assertFilesInPlace() {
    for (const { path, identity } of files)
      if (getFileIdentity(path) !== identity) throw new FileMovedError(path)
  }
}

/** The device and the number of a file, which last as long as it is open, or undefined when there is none. */
function getFileIdentity(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats && `${stats.dev} ${stats.ino}`
}
