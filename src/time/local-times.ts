import { createOffsetLookup, type OffsetLookup } from './time-zones.ts'

/** To make one takes as long as fifty lookups. There are no more than there are names of zones. */
const lookups = new Map<string, OffsetLookup>()

function getOffsetLookup(timeZone: string): OffsetLookup {
  const lookup = lookups.get(timeZone) ?? createOffsetLookup(timeZone)
  lookups.set(timeZone, lookup)
  return lookup
}

/**
 * The instant of a local time of a zone, in milliseconds since 1970. Of a time that a change of the clocks skips or repeats it
 * is one of those nearest.
 * @param local what a clock shows, as if that were UTC
 * @throws {RangeError} when the platform does not know the zone
 */
export function toInstant(local: number, timeZone: string): number {
  const offsetAt = getOffsetLookup(timeZone)
  return local - 1000 * offsetAt(local - 1000 * offsetAt(local))
}

/** The local time of a zone so many seconds after another one. @throws {RangeError} as above */
export function addSeconds(local: number, seconds: number, timeZone: string): number {
  const instant = toInstant(local, timeZone) + 1000 * seconds
  return instant + 1000 * getOffsetLookup(timeZone)(instant)
}
