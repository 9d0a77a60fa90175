/** A change of a zone's offset from UTC: when it is, in milliseconds since 1970, and the offsets before and after, in seconds. */
export interface Change {
  readonly at: number
  readonly from: number
  readonly to: number
}

/** A year of a zone, in UTC. */
export interface ZoneYear {
  /** How it begins: no change, but what is there to change. */
  readonly begin: Change
  /** The changes after that, up to the begin of the next year. */
  readonly changes: readonly Change[]
}

const SECOND = 1000
/** Two changes have never been nearer to each other than 4 days (Freetown, 1939), nor are any that are planned. */
const STEP = 3 * 86_400 * SECOND

/**
 * The years of a time zone, as the platform has it. To find one out takes some 150 formats, of a microsecond or two each.
 * @throws {RangeError} when the platform does not know the zone
 */
export function zoneYearsOf(timeZone: string): (year: number) => ZoneYear {
  const offsetAt = offsetsOf(timeZone)
  return year => zoneYear(offsetAt, beginOf(year), beginOf(year + 1))
}

type Offsets = (time: number) => number

function zoneYear(offsetAt: Offsets, begin: number, end: number): ZoneYear {
  const first = offsetAt(begin)
  const changes: Change[] = []
  let from = first
  for (let time = begin; time < end; time += STEP) {
    const next = Math.min(time + STEP, end)
    const to = offsetAt(next)
    if (to !== from) changes.push({ at: changeBetween(offsetAt, time, next), from, to })
    from = to
  }
  return { begin: { at: begin, from: first, to: first }, changes }
}

/** The first second at which the offset is another one than at the begin. */
function changeBetween(offsetAt: Offsets, begin: number, end: number): number {
  const from = offsetAt(begin)
  let [before, after] = [begin, end]
  while (after - before > SECOND) {
    const middle = before + Math.floor((after - before) / 2 / SECOND) * SECOND
    if (offsetAt(middle) === from) before = middle
    else after = middle
  }
  return after
}

/** The offsets of a zone from UTC at points in time, in seconds. */
function offsetsOf(timeZone: string): Offsets {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
  return time => {
    // Such as `GMT-00:44:30`; nothing may follow where there is no offset.
    const [, offset = ''] = format.format(time).split('GMT')
    const [hours = 0, minutes = 0, seconds = 0] = offset.slice(1).split(':').map(Number)
    return (hours * 3600 + minutes * 60 + seconds) * (offset.startsWith('-') ? -1 : 1)
  }
}

/** Not by `Date.UTC`, to which the years up to 99 are those of the twentieth century. */
const beginOf = (year: number): number => new Date(0).setUTCFullYear(year, 0, 1)
