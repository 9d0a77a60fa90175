import type { TokenPair } from '../../src/auth/tokens/token-pairs.ts'
import type { Task } from './comparison.ts'
import type { Population } from './population.ts'
import { type App, CONCURRENCY, DEVICE } from './todo-tasks.ts'

/** Seconds, the life of an access token. */
export const TTL = 300

/**
 * Signs everybody in, and has them refresh in turn.
 * @param advanceTime lets the time of an access token pass
 */
export async function createRefreshTasks({ sessions }: App, { users }: Population, advanceTime: () => void) {
  const people = users.length < CONCURRENCY ? Array.from({ length: CONCURRENCY }, () => users[0]) : users
  const pairs = await Promise.all(people.map(user => sessions.start(user as (typeof users)[number], DEVICE)))
  let nextIndex = 0

  const refresh: Task = async () => {
    const index = nextIndex
    nextIndex = (nextIndex + 1) % pairs.length
    if (index === 0) advanceTime()
    pairs[index] = await sessions.refresh({ ...(pairs[index] as TokenPair), client: DEVICE })
  }
  const refreshTogether = () => Promise.all(Array.from({ length: CONCURRENCY }, refresh))
  return { refresh, refreshTogether }
}
