import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { eq } from 'drizzle-orm'
import type { BroadcastListener } from '../../../src/cluster/broadcast.ts'
import type { Store } from '../../../src/db/store.ts'
import { allTables, changeSources } from '../../../src/features.ts'
import { createChangeReader } from '../../../src/sync/changes.ts'
import { getSequenceReader } from '../../../src/sync/sequence.ts'
import { createWakeUps, type WakeUps } from '../../../src/sync/stream/wake-ups.ts'
import type { Todo } from '../../../src/todos/todo.ts'
import { createTodos } from '../../../src/todos/todos.ts'
import { createRandom } from '../../support/random.ts'
import { createPollingFollower, type Follower } from './followers.ts'
import { createUser, type Instance } from './instances.ts'
import { createStreamFollower } from './stream-follower.ts'
import { importSome, type Writer, writeSomething } from './writes.ts'

export interface RunOptions {
  readonly seed: number
  /** Slow ones, where others come in between. */
  readonly instances: readonly Instance[]
  /** Counts what happened. */
  readonly count: (name: string) => void
}

const WRITERS_PER_INSTANCE = 2
const WRITES = 8
const POLLING_FOLLOWERS = 3
const STREAM_FOLLOWERS = 2
/** Milliseconds between two looks at the sequence, for wake-ups that are lost. */
const POLL_INTERVAL = 10
/** One run in so many begins with more todos than SQLite changes in one go. */
const RUNS_PER_BIG_ONE = 10
const MANY_TODOS = 240

/**
 * Writes to a user's todos from all instances, while others follow. When all is quiet, each follower's copy must be what there
 * is.
 * @throws {AssertionError}
 */
export async function runModel({ seed, instances, count }: RunOptions): Promise<void> {
  let actors = 0
  /** Each actor's own, so that what one does depends on no other. */
  const newRandom = () => createRandom(seed * 1000 + actors++)
  const [{ store }] = instances as [Instance]
  const userId = await createUser(store)
  const ids = [store.newId()]

  const writers = instances.flatMap(({ store, moveClock }) =>
    Array.from(
      { length: WRITERS_PER_INSTANCE },
      (): Writer => ({ store, userId, random: newRandom(), ids, moveClock })
    )
  )
  if (seed % RUNS_PER_BIG_ONE === 0) await importSome(writers[0] as Writer, MANY_TODOS)

  const delivered = new Map<string, number>()
  const readers = instances.map(({ store }) => createChangeReader(store, changeSources))
  const wakeUps = openWakeUps(instances, newRandom())
  const readNumber = async () => (await getSequenceReader(store)(userId)).value
  const followers: Follower[] = [
    ...Array.from({ length: POLLING_FOLLOWERS }, () =>
      createPollingFollower({ userId, random: newRandom(), readers, delivered })
    ),
    ...Array.from({ length: STREAM_FOLLOWERS }, () =>
      createStreamFollower({ userId, random: newRandom(), readers, wakeUps, readNumber })
    )
  ]

  let isQuiet = false
  const writing = Promise.all(writers.map(write)).finally(() => {
    isQuiet = true
  })
  await Promise.all([writing, ...followers.map(follow)])
  // A stream tells how far it is after a change, and the last write may have changed nothing.
  await createTodos(store, userId).create({ title: 'the last one' })
  const todos = await listAll(store, userId)
  for (const follower of followers) {
    await follower.catchUp()
    assert.deepEqual(toJson(new Map([...follower.copy].sort(byId))), toJson(todos))
  }
  for (const { close } of wakeUps) await close()
  await removeUser(store, userId)

  async function write(writer: Writer) {
    for (let n = 0; n < WRITES; n++) count(await writeSomething(writer))
  }

  async function follow({ step }: Follower) {
    const random = newRandom()
    for (; !isQuiet; await sleep(4 * random())) count(`follow: ${await step()}`)
  }
}

const byId = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1)

const toJson = (todos: ReadonlyMap<string, unknown>) => JSON.parse(JSON.stringify([...todos]))

/** The wake-ups of instances that tell each other of half of what they change. */
function openWakeUps(instances: readonly Instance[], random: () => number): WakeUps[] {
  const listeners = new Set<BroadcastListener>()
  return instances.map(({ store }) =>
    createWakeUps({
      store,
      pollInterval: POLL_INTERVAL,
      openBroadcast(listener) {
        listeners.add(listener)
        return {
          publish(message) {
            for (const { onMessage } of listeners) if (random() < 0.5) onMessage(message)
          },
          close: async () => void listeners.delete(listener)
        }
      }
    })
  )
}

/** All todos with those in the trash, by their ids. */
async function listAll(store: Store, userId: string): Promise<Map<string, Todo>> {
  const todos: Todo[] = []
  for (const deleted of [false, true])
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await createTodos(store, userId).list({ limit: 200, deleted, ...(cursor && { cursor }) })
      todos.push(...page.items)
      cursor = page.nextCursor
    }
  return new Map(todos.map((todo): [string, Todo] => [todo.id, todo]).sort(byId))
}

async function removeUser(store: Store, userId: string): Promise<void> {
  const { users } = allTables(store.kit)
  await store.db.delete(users).where(eq(users.id, userId))
}
