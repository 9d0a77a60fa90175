import type { TokenPair } from '../../src/auth/token-pairs.ts'
import type { Work } from './contest.ts'
import type { Crowd } from './crowd.ts'
import { type App, DEVICE, TOGETHER } from './works.ts'

/** Seconds, the life of an access token. */
export const TTL = 300

/**
 * Signs everybody in, and has them refresh in turn.
 * @param pass lets the time of an access token pass
 */
export async function refreshingOf({ sessions }: App, { users }: Crowd, pass: () => void) {
  const people = users.length < TOGETHER ? Array.from({ length: TOGETHER }, () => users[0]) : users
  const pairs = await Promise.all(people.map(user => sessions.start(user as (typeof users)[number], DEVICE)))
  let turn = 0

  const refresh: Work = async () => {
    const index = turn
    turn = (turn + 1) % pairs.length
    if (index === 0) pass()
    pairs[index] = await sessions.refresh({ ...(pairs[index] as TokenPair), device: DEVICE })
  }
  const refreshTogether = () => Promise.all(Array.from({ length: TOGETHER }, refresh))
  return { refresh, refreshTogether }
}
