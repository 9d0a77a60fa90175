import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Bytes of the reserve, and of what is given away of it at a time: two rows write half of that. */
const RESERVE_SIZE = 1_048_576
const RELEASE_SIZE = 32_768

/** Room on the disk of a database, kept for what must not fail when there is no other. */
export interface DiskReserve {
  /** Gives some of it to whoever writes next. @returns whether there was any left */
  readonly release: () => boolean
  /** Takes back what was given. @returns whether there was room for all of it */
  readonly refill: () => boolean
  /** Whether there is hardly any room beside it. */
  readonly isDiskFull: () => boolean
  readonly close: () => void
}

/** Of a database in memory: it has no disk. */
export const NO_RESERVE: DiskReserve = {
  release: () => false,
  refill: () => true,
  isDiskFull: () => false,
  close: () => {}
}

/**
 * Keeps room beside a database in a file that has no name any more: nobody finds it, copies it or leaves it behind, and
 * with the process it ends. Each process has its own.
 */
export function createReserve(database: string): DiskReserve {
  const folder = dirname(resolve(database))
  const path = `${database}-reserve-${process.pid}`
  rmSync(path, { force: true })
  const descriptor = openSync(path, 'wx+', 0o600)
  rmSync(path)
  const size = () => fstatSync(descriptor).size

  function refill(): boolean {
    try {
      while (size() < RESERVE_SIZE)
        writeSync(descriptor, Buffer.alloc(RELEASE_SIZE, 'reserve'), 0, RELEASE_SIZE, size())
      return true
    } catch {
      return false
    }
  }

  refill()
  return {
    release() {
      const remaining = size()
      if (remaining > 0) ftruncateSync(descriptor, Math.max(0, remaining - RELEASE_SIZE))
      return remaining > 0
    },
    refill,
    isDiskFull() {
      const { bavail, bsize } = statfsSync(folder)
      return bavail * bsize < RELEASE_SIZE
    },
    close: () => closeSync(descriptor)
  }
}
