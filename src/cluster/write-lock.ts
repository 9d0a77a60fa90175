import type { Channel } from './channel.ts'

/*
 * Several processes that write to one SQLite file take turns. Without, all but one find it locked and wait in SQLite, which
 * looks again after pauses of up to 100 ms, while reads stand still; and none gets to empty the write-ahead log (a
 * checkpoint), as another one appends to it meanwhile. So who has something to write asks for its turn, and goes on reading.
 */

/** Does the work when nobody else writes. */
export type WriteLock = (work: () => void) => void

/** For the only process that writes: any time is its turn. */
export const alwaysFree: WriteLock = work => work()

/** What is said: somebody asks for a turn, is given it, and gives it back. */
const [REQUEST, GRANT, RELEASE] = ['turn?', 'turn', 'turn!']

/** Takes turns that the process at the other end gives. There must be one work to do at a time. */
export function createRemoteWriteLock(channel: Channel): WriteLock {
  let waitingWork: () => void
  channel.on('message', message => {
    if (message !== GRANT) return
    waitingWork()
    channel.send(RELEASE)
  })
  return work => {
    waitingWork = work
    channel.send(REQUEST)
  }
}

/** Milliseconds that the others wait for one that has its turn: as long as for a process that SQLite finds writing. */
const HOLD_TIMEOUT = 5000

/**
 * Gives turns to processes, first come, first served. One that takes too long is passed over, which spoils nothing: turns
 * are for the sake of time, and it is still SQLite that lets one write.
 */
export function createWriteLockQueue(timeout = HOLD_TIMEOUT) {
  let queue: Channel[] = []
  let holder: Channel | undefined
  let timer: NodeJS.Timeout | undefined

  function grantNext() {
    clearTimeout(timer)
    holder = queue.shift()
    if (!holder) return
    timer = setTimeout(grantNext, timeout)
    holder.send(GRANT)
  }

  function handleMessage(channel: Channel, message: unknown) {
    if (message === REQUEST) queue.push(channel)
    if (message === RELEASE ? holder === channel : !holder) grantNext()
  }

  return {
    join(channel: Channel) {
      channel.on('message', message => handleMessage(channel, message))
    },
    /** No more turns for one that has ended. */
    leave(channel: Channel) {
      queue = queue.filter(other => other !== channel)
      if (holder === channel) grantNext()
    }
  }
}
