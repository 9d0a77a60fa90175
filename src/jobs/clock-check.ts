import { desc, lt } from 'drizzle-orm'
import type { Config } from '../config/config.ts'
import { toCreationTime } from '../db/inspection.ts'
import { param, prepareStatements } from '../db/statements.ts'
import { type Store, toMinId } from '../db/store.ts'

const HOUR = 3_600_000
/** Milliseconds after which a clock that has jumped ahead is believed, and for which what it wrote is no proof of it. */
const DAY = 24 * HOUR
/** Milliseconds without a sign of life, after which a clock has to prove itself. */
const QUIET_PERIOD = 7 * DAY

const statements = prepareStatements('clock', (db, { events, sessions }) => ({
  latestEvent: db
    .select({ id: events.id })
    .from(events)
    .where(lt(events.id, param(events.id, 'before')))
    .orderBy(desc(events.id))
    .limit(1),
  latestExpiry: db
    .select({ time: sessions.idleExpiresAt })
    .from(sessions)
    .where(lt(sessions.idleExpiresAt, param(sessions.idleExpiresAt, 'before')))
    .orderBy(desc(sessions.idleExpiresAt))
    .limit(1)
}))

/**
 * Whether the database has been quiet for so long that it may be the clock which is ahead. What was written within the last
 * day does not count: a wrong clock would vouch for itself.
 * @returns the last time of use before that, when it is more than a week ago
 */
export async function findQuietSince(store: Store, { session }: Config): Promise<Date | undefined> {
  const { latestEvent, latestExpiry } = statements(store)
  const lifetime = session.idleMs
  const now = store.now().getTime()
  const [event] = await latestEvent.execute({ before: toMinId(new Date(now - DAY)) })
  const [expiry] = await latestExpiry.execute({ before: new Date(now - DAY + lifetime) })
  // A session expires that long after its last refresh.
  const times = [toCreationTime(event?.id)?.getTime(), expiry && expiry.time.getTime() - lifetime]
  const latest = Math.max(...times.filter(time => time !== undefined))
  return Number.isFinite(latest) && now - latest > QUIET_PERIOD ? new Date(latest) : undefined
}

/**
 * Watches the clock, so that nothing is removed by one that is ahead for a while. One that jumps ahead of a clock which nobody
 * sets, or that finds the database quiet for a week at the start, is believed when it has gone on so for a day.
 * @param monotonic milliseconds, of a clock that nobody sets
 * @returns whether the clock is believed now; to be asked every hour or so
 */
export async function createClockCheck(
  store: Store,
  config: Config,
  monotonic: () => number
): Promise<() => boolean> {
  const readOffset = () => store.now().getTime() - monotonic()
  let trustedOffset = (await findQuietSince(store, config)) ? Number.NEGATIVE_INFINITY : readOffset()
  let jump: { readonly offset: number; readonly since: number } | undefined

  return function isClockTrusted() {
    const offset = readOffset()
    const isJump = offset - trustedOffset > HOUR
    if (isJump) {
      if (!jump || Math.abs(offset - jump.offset) > HOUR) jump = { offset, since: monotonic() }
      if (monotonic() - jump.since < DAY) return false
    }
    trustedOffset = offset
    jump = undefined
    return true
  }
}
