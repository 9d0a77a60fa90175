import { createOffsetLookup, type OffsetLookup } from '../../../time/time-zones.ts'

/** A change of a zone's offset from UTC: its time in milliseconds since 1970, and the offsets in seconds. */
export interface OffsetTransition {
  readonly at: number
  readonly offsetBefore: number
  readonly offsetAfter: number
}

/** A year of a zone, in UTC. */
export interface ZoneYear {
  /** The start of the year with its offset: no change of the clocks. */
  readonly initial: OffsetTransition
  /** The changes of the clocks until the start of the next year. */
  readonly transitions: readonly OffsetTransition[]
}

const SECOND = 1000
/** No two changes of a zone, past or planned, are nearer to each other than 4 days (Freetown, 1939). */
const SEARCH_STEP = 3 * 86_400 * SECOND

/**
 * Looks up the years of a time zone in the platform. A year takes about 150 formats of a microsecond or two each.
 * @throws {RangeError} when the platform does not know the zone
 */
export function createZoneYearLookup(timeZone: string): (year: number) => ZoneYear {
  const offsetAt = createOffsetLookup(timeZone)
  return year => computeZoneYear(offsetAt, startOfYear(year), startOfYear(year + 1))
}

function computeZoneYear(offsetAt: OffsetLookup, start: number, end: number): ZoneYear {
  const initialOffset = offsetAt(start)
  const transitions: OffsetTransition[] = []
  let offsetBefore = initialOffset
  for (let time = start; time < end; time += SEARCH_STEP) {
    const next = Math.min(time + SEARCH_STEP, end)
    const offsetAfter = offsetAt(next)
    if (offsetAfter !== offsetBefore)
      transitions.push({ at: findTransition(offsetAt, time, next), offsetBefore, offsetAfter })
    offsetBefore = offsetAfter
  }
  return { initial: { at: start, offsetBefore: initialOffset, offsetAfter: initialOffset }, transitions }
}

/** The first second with another offset than at the start. */
function findTransition(offsetAt: OffsetLookup, start: number, end: number): number {
  const offsetBefore = offsetAt(start)
  let [before, after] = [start, end]
  while (after - before > SECOND) {
    const middle = before + Math.floor((after - before) / 2 / SECOND) * SECOND
    if (offsetAt(middle) === offsetBefore) before = middle
    else after = middle
  }
  return after
}

/** `Date.UTC` would take the years up to 99 for years of the twentieth century. */
const startOfYear = (year: number): number => new Date(0).setUTCFullYear(year, 0, 1)
