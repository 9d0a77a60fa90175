import type { Channel } from './channel.ts'

/*
 * Several processes that write to one SQLite file share a lock. Without it, a process that finds the file locked waits
 * inside SQLite, which polls in pauses of up to 100 ms and blocks the event loop, reads included. Checkpoints of the
 * write-ahead log would starve as well, because another process appends to the log all the time. With the lock, a process
 * goes on reading until it may write.
 */

/** Runs the work when no other process writes. */
export type WriteLock = (work: () => void) => void

/** The lock of the only process that writes. */
export const alwaysFree: WriteLock = work => work()

/** The messages of the protocol: a process requests the lock, is granted it, and releases it. */
const [REQUEST, GRANT, RELEASE] = ['turn?', 'turn', 'turn!']

/**
 * Creates a lock that the process at the other end grants. The caller must wait for one work to be done before it passes the
 * next.
 */
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

/** Milliseconds that a process may hold the lock: as long as SQLite waits for a process that writes (`busy_timeout`). */
const HOLD_TIMEOUT = 5000

/**
 * Creates the queue that grants the lock, first come, first served. A process that holds it too long is passed over. This
 * is safe: the lock saves time only, and SQLite's own lock keeps writes apart.
 * @param timeout milliseconds
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
    /** Removes a process that has ended, and releases its lock. */
    leave(channel: Channel) {
      queue = queue.filter(other => other !== channel)
      if (holder === channel) grantNext()
    }
  }
}
