import type Database from 'better-sqlite3'
import { alwaysFree } from '../../cluster/write-lock.ts'
import { count, type Tally } from '../../process/counters.ts'

/** Does a write, and gives its result once that is on disk. */
export type Commit = <Result>(work: () => Result) => Promise<Result>

/** The most turns that a group gathers for, so that a stream of writes that never stops is no reason to wait for ever. */
const MAX_TICKS = 4

interface Write {
  readonly work: () => unknown
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * Commits the writes of a turn of the event loop together (DeWitt et al., 1984, section 5.2): as many as have arrived
 * share a transaction and its one wait for the disk. While turns bring more, they join: those who were answered together
 * write again together, but do not all arrive in one turn. One by itself waits for nobody. As they run at the end of a
 * turn, one after another, nobody ever sees what is not committed.
 * @param assertWritable throws when nothing must be written now
 * @param writeLock waits for other processes that write; the group grows meanwhile
 */
export function createGroupCommit(
  connection: Database.Database,
  assertWritable = () => {},
  writeLock = alwaysFree
) {
  let group: Write[] = []
  const tally: Tally = new Map()

  // Immediate: as the only writer from its start, it cannot find out too late that another came in between.
  const { immediate: runTransaction } = connection.transaction((writes: readonly Write[]) =>
    writes.map(runWrite)
  )

  /** @returns what to tell whoever waits for it, once it is committed: also of a failure, for it is due to those before */
  function runWrite({ work, resolve, reject }: Write): () => void {
    try {
      const result = work()
      return () => resolve(result)
    } catch (error) {
      // A statement that fails takes back what it did, and no more, unless SQLite could not even do that.
      if (!connection.inTransaction) throw error
      return () => reject(error)
    }
  }

  /** Carries out now what waits. */
  function flush() {
    if (group.length === 0) return
    const writes = group
    group = []
    count(tally, 'commit')
    count(tally, 'write', writes.length)
    try {
      assertWritable()
      for (const notify of runTransaction(writes)) notify()
    } catch (error) {
      for (const { reject } of writes) reject(error)
    }
  }

  /** Begins after the events that are there already, among which are the other requests that have arrived. */
  function scheduleFlush(sizeBefore: number, ticksLeft: number) {
    setImmediate(() => {
      if (ticksLeft > 1 && group.length > sizeBefore) scheduleFlush(group.length, ticksLeft - 1)
      else writeLock(flush)
    })
  }

  const commit: Commit = work =>
    new Promise<unknown>((resolve, reject) => {
      if (group.push({ work, resolve, reject }) === 1) scheduleFlush(1, MAX_TICKS)
    }) as Promise<ReturnType<typeof work>>

  return { commit, flush, tally }
}
