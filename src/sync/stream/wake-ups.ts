import type { Broadcast, OpenBroadcast } from '../../cluster/broadcast.ts'
import type { Store } from '../../db/store.ts'
import { type ChangeListener, changeListeners, getSequenceReader } from '../sequence.ts'

/** Milliseconds between two looks at the sequences of all followers, unless told otherwise. */
const POLL_INTERVAL = 5000

export interface WakeUpsOptions {
  readonly store: Store
  /** Tells other processes of changes; undefined when there are none, or no way to tell them. */
  readonly openBroadcast?: OpenBroadcast | undefined
  /** Milliseconds between two looks at the sequences. */
  readonly pollInterval?: number | undefined
}

/**
 * Wakes those in this process who follow the changes of a user: when this process has committed a change, when another
 * process says that it has, and when a look at the user's sequence shows it. A wake-up may be lost or too many, since the
 * sequence decides what there is to read; the look makes up for those that are lost.
 */
export function createWakeUps({ store, openBroadcast, pollInterval = POLL_INTERVAL }: WakeUpsOptions) {
  const readSequence = getSequenceReader(store)
  const followers = new Map<string, Followers>()

  function wake(userId: string) {
    for (const wakeOne of followers.get(userId)?.wakeUps ?? []) wakeOne()
  }

  function poll() {
    for (const [userId, ofUser] of followers)
      readSequence(userId).then(
        ({ value }) => {
          if (value !== ofUser.lastNumber) wake(userId)
          ofUser.lastNumber = value
        },
        // The database is away. The next look shows what was changed meanwhile.
        () => {}
      )
  }

  const broadcast: Broadcast | undefined = openBroadcast?.({ onMessage: wake, onGap: poll })
  const onChange: ChangeListener = userId => {
    wake(userId)
    broadcast?.publish(userId)
  }
  changeListeners(store).add(onChange)
  const timer = setInterval(poll, pollInterval).unref()

  return {
    /**
     * Calls `wakeOne` when the changes of a user must be looked at. What was changed before is not told.
     * @returns what ends that
     */
    follow(userId: string, wakeOne: () => void): () => void {
      const ofUser = followers.get(userId) ?? { wakeUps: new Set(), lastNumber: undefined }
      ofUser.wakeUps.add(wakeOne)
      followers.set(userId, ofUser)
      return () => {
        ofUser.wakeUps.delete(wakeOne)
        if (ofUser.wakeUps.size === 0) followers.delete(userId)
      }
    },

    async close(): Promise<void> {
      clearInterval(timer)
      changeListeners(store).delete(onChange)
      await broadcast?.close()
    }
  }
}

export type WakeUps = ReturnType<typeof createWakeUps>

/** Those who follow the changes of one user. */
interface Followers {
  readonly wakeUps: Set<() => void>
  /** The number of the last change at the last look; undefined before the first one. */
  lastNumber: number | undefined
}
