import type { Channel } from '../platform.ts'
import type { Problem } from '../types.ts'
import type { Operation } from './operations.ts'
import type { ReplicaPlatform } from './platform.ts'
import type { Writes } from './storage.ts'

/** What a tab tells the others. A message has the data itself: it may arrive before the storage shows a write. */
export type TabMessage =
  | { readonly kind: 'written'; readonly writes: Writes }
  | {
      readonly kind: 'refused'
      readonly operation: Operation
      readonly status: number
      readonly document: Problem | undefined
    }
  | { readonly kind: 'cleared' }

/** The tabs that share a storage. */
export interface Tabs {
  /** Whether no other tab can write to the storage. */
  readonly isAlone: boolean
  /** False where the storage must not be used: without locks and channels two tabs would send the same edits. */
  readonly canUseStorage: boolean
  post(message: TabMessage): void
  /** Does the work while no other tab does its own. @param signal gives up the wait for it */
  lead(signal: AbortSignal, work: () => Promise<void>): Promise<void>
  close(): void
}

const createLoneTab = (canUseStorage: boolean): Tabs => ({
  isAlone: true,
  canUseStorage,
  post() {},
  lead: (_signal, work) => work(),
  close() {}
})

/**
 * Joins the tabs that share a storage.
 * @param sharedName the name of the storage; undefined for a private one
 * @param userId only tabs of this user tell each other
 */
export function joinTabs(
  platform: ReplicaPlatform,
  sharedName: string | undefined,
  userId: string,
  onMessage: (message: TabMessage) => void
): Tabs {
  if (sharedName === undefined) return createLoneTab(true)
  const { locks } = platform
  const name = `latchkey replica ${sharedName}`
  const channel = locks && platform.channel?.(`${name} ${userId}`)
  if (!channel) return createLoneTab(false)
  channel.onmessage = ({ data }: Parameters<NonNullable<Channel['onmessage']>>[0]) =>
    onMessage(data as TabMessage)
  return {
    isAlone: false,
    canUseStorage: true,
    post: message => channel.postMessage(message),
    lead: (signal, work) => locks.request(name, { signal }, work),
    close: () => channel.close()
  }
}
