import { ProblemError } from '../http/problem-error.ts'
import type { Operation } from './operations.ts'
import { createReplicaPlatform, type ReplicaPlatform } from './platform.ts'
import { createRecords } from './records.ts'
import { createReplicaTodos } from './replica-todos.ts'
import type { ReplicaClient } from './sender.ts'
import { memoryStorage, type ReplicaStorage } from './storage.ts'
import { createSynchronizer } from './synchronizer.ts'
import { joinTabs, type TabMessage } from './tabs.ts'

export interface ReplicaOptions {
  /** A client whose user is signed in. */
  readonly client: ReplicaClient
  /** Where the copy and the edits are stored: `indexedDbStorage('todos')` is shared by tabs and survives reloads. */
  readonly storage: ReplicaStorage
  /** Called in each tab when the service has refused an edit, which is taken back then. */
  readonly onRefused?: (operation: Operation, problem: ProblemError) => void
  /** `poll` asks for changes every few seconds. By default they come over a stream. */
  readonly mode?: 'stream' | 'poll'
  /** Replaces parts of the platform: for tests, and for platforms that lack them. */
  readonly platform?: Partial<ReplicaPlatform>
}

/**
 * Opens the local copy of the todos of the signed-in user. Reads and edits need no network: edits are shown at once, stored,
 * and sent in their order as soon as they can be.
 * @throws {Error} when nobody is signed in; errors of the storage
 */
export async function createReplica(options: ReplicaOptions) {
  const { client, mode = 'stream', onRefused = () => {} } = options
  const platform = createReplicaPlatform(options.platform ?? {})
  await client.ready
  const userId = client.auth.user()?.id
  if (userId === undefined) throw new Error('Nobody is signed in. Create the replica after the sign-in.')

  const controller = new AbortController()
  const tabs = joinTabs(platform, options.storage.sharedName, userId, onMessage)
  const storage = tabs.canUseStorage ? options.storage : memoryStorage()
  const isReplaced = () => ![userId, undefined].includes(client.auth.user()?.id)
  const records = createRecords({
    storage,
    userId,
    isReplaced,
    onWritten: writes => tabs.post({ kind: 'written', writes })
  })
  const synchronizer = createSynchronizer({ client, platform, records, userId, mode, onRefused: refuse })

  function refuse(operation: Operation, problem: ProblemError) {
    const { status, document } = problem
    tabs.post({ kind: 'refused', operation, status, document })
    onRefused(operation, problem)
  }

  function onMessage(message: TabMessage) {
    if (controller.signal.aborted) return
    if (message.kind === 'written') {
      records.receive(message.writes)
      synchronizer.wake()
    } else if (message.kind === 'refused')
      onRefused(message.operation, new ProblemError(message.status, message.document))
    else {
      stop()
      records.forget()
    }
  }

  function stop() {
    controller.abort()
    synchronizer.wake()
  }

  async function edit(operation: Operation, hasRandomId = false): Promise<void> {
    if (controller.signal.aborted) throw new Error('The replica is closed.')
    const at = platform.date().toISOString()
    await records.addEdit(
      { kind: 'edit', operation, at, ...(hasRandomId && { hasRandomId }) },
      platform.newKey()
    )
    synchronizer.wake()
  }

  try {
    await records.load()
  } catch (error) {
    tabs.close()
    throw error
  }
  const unsubscribe = platform.onOnline?.(synchronizer.wake)
  const running = tabs
    .lead(controller.signal, () => synchronizer.run(controller.signal, tabs.isAlone))
    .catch(() => {})

  /** Stops, and lets another tab lead. What was not sent yet stays stored. */
  async function close(): Promise<void> {
    stop()
    unsubscribe?.()
    await running
    tabs.close()
  }

  return {
    todos: createReplicaTodos(records.view, platform.newId, edit),

    /** How many edits were not confirmed yet, and whether the copy has all that the service has. */
    status: () => ({ pendingEdits: records.edits().length, isComplete: records.copy().isComplete }),

    /** Calls back after each change of what is shown, also when other tabs made it. @returns a function that unsubscribes */
    subscribe: records.subscribe,

    close,

    /** Closes the replica, here and in other tabs, and deletes it from the storage, with what was not sent. */
    async clear(): Promise<void> {
      tabs.post({ kind: 'cleared' })
      stop()
      records.forget()
      await running
      // Otherwise the replica of the other user has deleted it, and leads for as long as it is open.
      if (!isReplaced()) await tabs.lead(new AbortController().signal, records.clear)
      await close()
    }
  }
}

export type Replica = Awaited<ReturnType<typeof createReplica>>
export { indexedDbStorage } from './indexed-db.ts'
export type { Operation } from './operations.ts'
export type { ReplicaPlatform } from './platform.ts'
export type { ReplicaFilter } from './replica-todos.ts'
export type { ReplicaClient } from './sender.ts'
export {
  memoryStorage,
  type ReplicaStorage,
  type StoredRecord,
  type Writes
} from './storage.ts'
