import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Bytes of the reserve: twice the write-ahead log at which SQLite begins to copy it into the database. So the reserve has
 * room for the pages by which the database grows, and the log can be emptied on a full disk.
 */
const RESERVE_SIZE = 8_388_608
/** The least bytes that are given away at a time: two rows write half of that. */
export const RELEASE_SIZE = 32_768

/** Room on the disk of a database, kept for what must not fail when there is no other. */
export interface DiskReserve {
  /**
   * Gives room to whoever writes next.
   * @param share the share of the whole reserve that may be given away, from 0 to 1
   * @param bytes the room to give; less if the share has less left
   * @returns the bytes that were given
   */
  readonly release: (share: number, bytes: number) => number
  /** Takes back what was given. @returns whether there was room for all of it */
  readonly refill: () => boolean
  /** Whether there is hardly any room beside it. */
  readonly isDiskFull: () => boolean
  readonly close: () => void
}

/** Of a database in memory: it has no disk. */
export const NO_RESERVE: DiskReserve = {
  release: () => 0,
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
  const filling = Buffer.alloc(RELEASE_SIZE, 'reserve')

  function refill(): boolean {
    try {
      while (size() < RESERVE_SIZE) writeSync(descriptor, filling, 0, RELEASE_SIZE, size())
      return true
    } catch {
      return false
    }
  }

  refill()
  return {
    release(share, bytes) {
      const remaining = size()
      const given = Math.max(0, Math.min(bytes, remaining - RESERVE_SIZE * (1 - share)))
      ftruncateSync(descriptor, remaining - given)
      return given
    },
    refill,
    isDiskFull() {
      const { bavail, bsize } = statfsSync(folder)
      return bavail * bsize < RELEASE_SIZE
    },
    close: () => closeSync(descriptor)
  }
}
