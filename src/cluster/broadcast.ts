import { createGathering } from '../process/gathering.ts'
import type { Channel } from './channel.ts'

/**
 * Tells the other processes of the service something, a user's id for example. A message may be lost or come twice, so it
 * only says that there is something to look at; what it is stands in the database.
 */
export interface Broadcast {
  /** @param message a short text without line breaks */
  readonly publish: (message: string) => void
  /** Ends the broadcast. Nothing is heard and nothing is sent afterwards. */
  readonly close: () => Promise<void>
}

/** What is called with what other processes publish. */
export interface BroadcastListener {
  readonly onMessage: (message: string) => void
  /** Called when messages may have been lost, so that all there is must be looked at. */
  readonly onGap: () => void
}

export type OpenBroadcast = (listener: BroadcastListener) => Broadcast

/** What processes send each other by way of the primary. */
interface Publication {
  readonly published: readonly string[]
}

/** Creates what opens a broadcast through the process at the other end, which passes messages on to all others. */
export const createRemoteBroadcast =
  (channel: Channel): OpenBroadcast =>
  ({ onMessage }) => {
    let isClosed = false
    const { add, drop } = createGathering<string>(published =>
      channel.send({ published } satisfies Publication)
    )
    channel.on('message', message => {
      const { published = [] } = message as Partial<Publication>
      if (!isClosed) for (const text of published) onMessage(text)
    })
    return {
      publish: add,
      async close() {
        isClosed = true
        drop()
      }
    }
  }

/** Creates the relay that passes what one process publishes on to all others. */
export function createBroadcastRelay() {
  const channels = new Set<Channel>()
  return {
    join(channel: Channel) {
      channels.add(channel)
      channel.on('message', message => {
        const { published } = message as Partial<Publication>
        if (!published) return
        for (const other of channels) if (other !== channel) other.send({ published } satisfies Publication)
      })
    },
    /** Removes a process that has ended. */
    leave(channel: Channel) {
      channels.delete(channel)
    }
  }
}
