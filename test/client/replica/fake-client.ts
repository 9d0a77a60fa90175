import { setImmediate as turn } from 'node:timers/promises'
import type { Test } from 'tap'
import type { BatchResult, ChangePage, Todo } from '../../../src/client/index.ts'
import type { Channel, Locks } from '../../../src/client/platform.ts'
import {
  createReplica,
  memoryStorage,
  type Operation,
  type ReplicaClient,
  type ReplicaOptions,
  type ReplicaPlatform
} from '../../../src/client/replica/index.ts'
import { put, todo, USER } from '../changes/fake-service.ts'

export { gone, put, todo } from '../changes/fake-service.ts'

export const page = (next: string, changes: ChangePage['changes'] = [], more = false): ChangePage => ({
  changes,
  next,
  more
})

type Sent = { key: string | undefined; operations: Operation[] }
type Results = BatchResult['results']

/** A client of a service that a test plays: it gives pages of changes, and answers batches. */
export function createFakeClient() {
  const pages: (ChangePage | Error)[] = []
  const state = {
    user: USER as typeof USER | undefined,
    /** The tokens since which changes were followed. */
    follows: [] as (string | undefined)[],
    sent: [] as Sent[],
    isFollowing: false,
    /** Answers a batch; by default with a todo for each operation. */
    answer: answerAll as (sent: Sent) => Results | Promise<Results>,
    /** Reads a todo. */
    get: ((id: string) => todo(id)) as (id: string) => Todo
  }
  const client: ReplicaClient = {
    ready: Promise.resolve(),
    auth: { user: () => state.user },
    todos: {
      get: async id => state.get(id),
      async batch(operations, { idempotencyKey } = {}) {
        const sent = {
          key: idempotencyKey,
          operations: structuredClone(operations) as unknown as Operation[]
        }
        state.sent.push(sent)
        return { results: await state.answer(sent), validateOnly: false }
      }
    },
    async *changes({ since, signal } = {}) {
      state.follows.push(since)
      state.isFollowing = true
      try {
        while (state.user) {
          while (pages.length === 0 && state.user) {
            if (signal?.aborted) throw new Error('aborted')
            await turn()
          }
          const next = pages.shift()
          if (next && 'changes' in next) yield next
          else if (next) throw next
        }
      } finally {
        state.isFollowing = false
      }
    }
  }
  return { client, state, pages }
}

/** What the service makes of operations on todos that it has. */
function answerAll({ operations }: Sent): Results {
  return operations.map(operation => {
    if (operation.op === 'create')
      return { todo: { ...todo(operation.todo.id), ...operation.todo, etag: '"sent"' } as Todo }
    if (operation.op === 'patch')
      return { todo: { ...todo(operation.id), ...operation.changes, etag: '"sent"' } as Todo }
    return { todo: todo(operation.id, { deletedAt: operation.op === 'delete' ? 'then' : null }) }
  })
}

/** A platform whose pauses take no time, and whose ids and keys are numbers. */
export function createFakePlatform() {
  let count = 0
  const pauses: number[] = []
  const platform: Partial<ReplicaPlatform> = {
    random: () => 0.5,
    now: () => 0,
    newKey: () => `key-${++count}`,
    newId: () => `id-${++count}`,
    date: () => new Date('2026-01-01T00:00:00.000Z'),
    timer(duration, ring) {
      pauses.push(duration)
      const immediate = setImmediate(ring)
      return () => clearImmediate(immediate)
    },
    locks: undefined,
    channel: undefined,
    onOnline: undefined
  }
  return { platform, pauses }
}

/** Opens a replica, and closes it with the test. */
export async function openReplica(
  t: Test,
  fake: ReturnType<typeof createFakeClient>,
  options: Partial<ReplicaOptions> = {}
) {
  const { platform, pauses } = createFakePlatform()
  const refusals: string[] = []
  const replica = await createReplica({
    client: fake.client,
    storage: memoryStorage(),
    onRefused: ({ op }, { code }) => refusals.push(`${op} ${code}`),
    ...options,
    platform: { ...platform, ...options.platform }
  })
  t.teardown(() => replica.close())
  return { replica, pauses, refusals }
}

/** Waits until something holds. */
export async function until(holds: () => boolean) {
  for (let turns = 0; !holds(); turns++) {
    if (turns > 20_000) throw new Error(`It never holds that ${holds}`)
    await turn()
  }
}

/** Lets everything happen that needs nothing from outside. */
export async function settle(turns = 30) {
  for (; turns > 0; turns--) await turn()
}

/** A browser: the locks and channels that its tabs share. */
export function createBrowser() {
  const waiting = new Map<string, (() => void)[]>()
  const channels = new Set<{ name: string; channel: Channel }>()
  const locks: Locks = {
    async request(name, { signal }, work) {
      const queue = waiting.get(name) ?? []
      waiting.set(name, queue)
      await new Promise<void>((resolve, reject) => {
        queue.push(resolve)
        if (queue[0] === resolve) resolve()
        signal.addEventListener('abort', () => {
          if (queue[0] === resolve) return
          queue.splice(queue.indexOf(resolve), 1)
          reject(signal.reason)
        })
      })
      try {
        await work()
      } finally {
        queue.shift()
        queue[0]?.()
      }
    }
  }
  function channel(name: string): Channel {
    const own: Channel = {
      onmessage: null,
      postMessage(data) {
        const copy = structuredClone(data)
        for (const { name: otherName, channel } of channels)
          if (channel !== own && otherName === name) setImmediate(() => channel.onmessage?.({ data: copy }))
      },
      close: () => {
        for (const entry of channels) if (entry.channel === own) channels.delete(entry)
      }
    }
    channels.add({ name, channel: own })
    return own
  }
  return { locks, channel, channels }
}

/** A page with todos that have these ids, in this order. */
export const pageOf = (next: string, ...ids: string[]) =>
  page(
    next,
    ids.map(id => put(id))
  )
