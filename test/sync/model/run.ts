import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { eq } from 'drizzle-orm'
import type { Store } from '../../../src/db/store.ts'
import { allTables, changeSources } from '../../../src/features.ts'
import { createChangeReader } from '../../../src/sync/changes.ts'
import type { Todo } from '../../../src/todos/todo.ts'
import { createTodos } from '../../../src/todos/todos.ts'
import { createRandom } from '../../support/random.ts'
import { createPollingFollower, type Follower, type FollowerOptions } from './followers.ts'
import { createUser, type Instance } from './instances.ts'
import { importSome, type Writer, writeSomething } from './writes.ts'

export interface RunOptions {
  readonly seed: number
  /** Slow ones, where others come in between. */
  readonly instances: readonly Instance[]
  /** Counts what happened. */
  readonly count: (name: string) => void
  /** Further followers, in another way. */
  readonly createFollowers?: (options: FollowerOptions) => readonly Follower[]
}

const WRITERS_PER_INSTANCE = 2
const WRITES = 8
const POLLING_FOLLOWERS = 3
/** One run in so many begins with more todos than SQLite changes in one go. */
const RUNS_PER_BIG_ONE = 10
const MANY_TODOS = 240

/**
 * Writes to a user's todos from all instances, while others follow. When all is quiet, each follower's copy must be what there
 * is.
 * @throws {AssertionError}
 */
export async function runModel({ seed, instances, count, createFollowers }: RunOptions): Promise<void> {
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
  const toOptions = (): FollowerOptions => ({ userId, random: newRandom(), readers, delivered })
  const followers = [
    ...Array.from({ length: POLLING_FOLLOWERS }, () => createPollingFollower(toOptions())),
    ...(createFollowers?.(toOptions()) ?? [])
  ]

  let isQuiet = false
  const writing = Promise.all(writers.map(write)).finally(() => {
    isQuiet = true
  })
  await Promise.all([writing, ...followers.map(follow)])
  const todos = await listAll(store, userId)
  for (const follower of followers) {
    await follower.catchUp()
    assert.deepEqual(new Map([...follower.copy].sort()), todos)
  }
  await removeUser(store, userId)

  async function write(writer: Writer) {
    for (let n = 0; n < WRITES; n++) count(await writeSomething(writer))
  }

  async function follow({ step }: Follower) {
    const random = newRandom()
    for (; !isQuiet; await sleep(4 * random())) count(`follow: ${await step()}`)
  }
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
  return new Map(todos.map((todo): [string, Todo] => [todo.id, todo]).sort(([a], [b]) => (a < b ? -1 : 1)))
}

async function removeUser(store: Store, userId: string): Promise<void> {
  const { users } = allTables(store.kit)
  await store.db.delete(users).where(eq(users.id, userId))
}
