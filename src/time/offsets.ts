/** Looks up the offset of a zone from UTC, in seconds, at a time in milliseconds since 1970. */
export type OffsetLookup = (time: number) => number

/** To make one takes as long as fifty lookups. There are no more than there are names of zones. */
const lookups = new Map<string, OffsetLookup>()

/** @throws {RangeError} when the platform does not know the zone */
export function getOffsetLookup(timeZone: string): OffsetLookup {
  const lookup = lookups.get(timeZone) ?? createOffsetLookup(timeZone)
  lookups.set(timeZone, lookup)
  return lookup
}

function createOffsetLookup(timeZone: string): OffsetLookup {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
  return time => {
    // Such as `GMT-00:44:30`, or plain `GMT` without an offset.
    const [, offset = ''] = format.format(time).split('GMT')
    const [hours = 0, minutes = 0, seconds = 0] = offset.slice(1).split(':').map(Number)
    return (hours * 3600 + minutes * 60 + seconds) * (offset.startsWith('-') ? -1 : 1)
  }
}

/**
 * The instant of a local time of a zone, in milliseconds since 1970. Of a time that a change of the clocks skips or repeats it
 * is one of those nearest.
 * @param local what a clock shows, as if that were UTC
 */
export function toInstant(local: number, timeZone: string): number {
  const offsetAt = getOffsetLookup(timeZone)
  return local - 1000 * offsetAt(local - 1000 * offsetAt(local))
}

/** The local time of a zone so many seconds after another one. */
export function addSeconds(local: number, seconds: number, timeZone: string): number {
  const instant = toInstant(local, timeZone) + 1000 * seconds
  return instant + 1000 * getOffsetLookup(timeZone)(instant)
}
