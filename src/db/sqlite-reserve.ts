import { closeSync, fstatSync, ftruncateSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Bytes of the reserve, and of what is given away of it at a time: a sign-out and its event write half of that. */
const SIZE = 1_048_576
const SLICE = 32_768

/** Room on the disk of a database, kept for what must not fail when there is no other. */
export interface Reserve {
  /** Gives some of it to whoever writes next. @returns whether there was any left */
  readonly give: () => boolean
  /** Takes back what was given. @returns whether there was room for all of it */
  readonly refill: () => boolean
  /** Whether there is hardly any room beside it. */
  readonly isAllThatIsLeft: () => boolean
  readonly close: () => void
}

/** Of a database in memory: it has no disk. */
export const NO_RESERVE: Reserve = {
  give: () => false,
  refill: () => true,
  isAllThatIsLeft: () => false,
  close: () => {}
}

/**
 * Keeps room beside a database in a file that has no name any more: nobody finds it, copies it or leaves it behind, and
 * with the process it ends. Each process has its own.
 */
export function reserveFor(database: string): Reserve {
  const folder = dirname(resolve(database))
  const path = `${database}-reserve-${process.pid}`
  rmSync(path, { force: true })
  const descriptor = openSync(path, 'wx+', 0o600)
  rmSync(path)
  const size = () => fstatSync(descriptor).size

  function refill(): boolean {
    try {
      while (size() < SIZE) writeSync(descriptor, Buffer.alloc(SLICE, 'reserve'), 0, SLICE, size())
      return true
    } catch {
      return false
    }
  }

  refill()
  return {
    give() {
      const left = size()
      if (left > 0) ftruncateSync(descriptor, Math.max(0, left - SLICE))
      return left > 0
    },
    refill,
    isAllThatIsLeft() {
      const { bavail, bsize } = statfsSync(folder)
      return bavail * bsize < SLICE
    },
    close: () => closeSync(descriptor)
  }
}
