import type { Config } from '../config/config.ts'
import type { Store } from '../db/store.ts'

const HOUR = 3_600_000
/** Milliseconds after which a clock that has jumped ahead is believed, and for which what it wrote is no proof of it. */
const DAY = 24 * HOUR
/** Milliseconds without a sign of life, after which a clock has to prove itself. */
const QUIET_PERIOD = 7 * DAY

/** Gives times at which a feature was used, as its rows tell: the latest of each kind before a time. */
export type FindSignsOfUse = (store: Store, config: Config, before: Date) => Promise<readonly Date[]>

/**
 * Whether the database has been quiet for so long that it may be the clock which is ahead. What was written within the last
 * day does not count: a wrong clock would vouch for itself.
 * @param signsOfUse how each feature tells that it was used
 * @returns the last time of use before that, when it is more than a week ago
 */
export async function findQuietSince(
  store: Store,
  config: Config,
  signsOfUse: readonly FindSignsOfUse[]
): Promise<Date | undefined> {
  const now = store.now().getTime()
  let latest: Date | undefined
  for (const findSigns of signsOfUse)
    for (const time of await findSigns(store, config, new Date(now - DAY)))
      if (!latest || time > latest) latest = time
  return latest && now - latest.getTime() > QUIET_PERIOD ? latest : undefined
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
  signsOfUse: readonly FindSignsOfUse[],
  monotonic: () => number
): Promise<() => boolean> {
  const readOffset = () => store.now().getTime() - monotonic()
  let trustedOffset = (await findQuietSince(store, config, signsOfUse))
    ? Number.NEGATIVE_INFINITY
    : readOffset()
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
