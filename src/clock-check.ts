import { desc, lt } from 'drizzle-orm'
import type { Config } from './config.ts'
import { timeOf } from './db/inspection.ts'
import { given, statementsOf } from './db/statements.ts'
import { leastIdOf, type Store } from './db/store.ts'

const HOUR = 3_600_000
/** Milliseconds after which a clock that has jumped ahead is believed, and for which what it wrote is no proof of it. */
const DAY = 24 * HOUR
/** Milliseconds without a sign of life, after which a clock has to prove itself. */
const QUIET = 7 * DAY

const statements = statementsOf('clock', (db, { events, sessions }) => ({
  latestEvent: db
    .select({ id: events.id })
    .from(events)
    .where(lt(events.id, given(events.id, 'before')))
    .orderBy(desc(events.id))
    .limit(1),
  latestExpiry: db
    .select({ time: sessions.idleExpiresAt })
    .from(sessions)
    .where(lt(sessions.idleExpiresAt, given(sessions.idleExpiresAt, 'before')))
    .orderBy(desc(sessions.idleExpiresAt))
    .limit(1)
}))

/**
 * Whether the database has been quiet for so long that it may be the clock which is ahead. What was written within the last
 * day does not count: a wrong clock would vouch for itself.
 * @returns the last time of use before that, when it is more than a week ago
 */
export async function quietSince(store: Store, { REFRESH_TOKEN_TTL }: Config): Promise<Date | undefined> {
  const { latestEvent, latestExpiry } = statements(store)
  const lifetime = REFRESH_TOKEN_TTL * 1000
  const now = store.now().getTime()
  const [event] = await latestEvent.execute({ before: leastIdOf(new Date(now - DAY)) })
  const [expiry] = await latestExpiry.execute({ before: new Date(now - DAY + lifetime) })
  // A session expires that long after its last refresh.
  const times = [timeOf(event?.id)?.getTime(), expiry && expiry.time.getTime() - lifetime]
  const latest = Math.max(...times.filter(time => time !== undefined))
  return Number.isFinite(latest) && now - latest > QUIET ? new Date(latest) : undefined
}

/**
 * Watches the clock, so that nothing is removed by one that is ahead for a while. One that jumps ahead of a clock which nobody
 * sets, or that finds the database quiet for a week at the start, is believed when it has gone on so for a day.
 * @param monotonic milliseconds, of a clock that nobody sets
 * @returns whether the clock is believed now; to be asked every hour or so
 */
export async function watchClock(
  store: Store,
  config: Config,
  monotonic: () => number
): Promise<() => boolean> {
  const readLead = () => store.now().getTime() - monotonic()
  let believed = (await quietSince(store, config)) ? Number.NEGATIVE_INFINITY : readLead()
  let jump: { readonly lead: number; readonly since: number } | undefined

  return function isBelieved() {
    const lead = readLead()
    const isJump = lead - believed > HOUR
    if (isJump) {
      if (!jump || Math.abs(lead - jump.lead) > HOUR) jump = { lead, since: monotonic() }
      if (monotonic() - jump.since < DAY) return false
    }
    believed = lead
    jump = undefined
    return true
  }
}
