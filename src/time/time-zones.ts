import { tzlib_get_timezones } from 'timezones-ical-library'

/** The names that the platform lists: zones of the IANA database, without most of its links. */
const platformNames = Intl.supportedValuesOf('timeZone')

/** All names of the IANA database, links included, by their lower-case forms, which are unique. */
const nameByLowerCase = new Map(
  [tzlib_get_timezones(), platformNames].flat().map(name => [name.toLowerCase(), name] as const)
)

const platformNameSet = new Set(platformNames)

/** Finds the name of a time zone as the IANA database writes it; undefined for an unknown name. */
export const findTimeZoneName = (caseInsensitiveName: string): string | undefined =>
  nameByLowerCase.get(caseInsensitiveName.toLowerCase())

/**
 * Whether a text is a name of a time zone in the IANA database, old names included. Offsets such as `+01:00` are refused, as
 * are names that only the platform knows, such as `BST` for Dhaka: other programs read them differently.
 */
export function isTimeZone(name: string): boolean {
  if (platformNameSet.has(name)) return true
  return /^[A-Z]/.test(name) && findTimeZoneName(name) !== undefined && isSupportedTimeZone(name)
}

/** Whether the platform can compute with a time zone. */
export function isSupportedTimeZone(timeZone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone }))
  } catch {
    return false
  }
}

/** The offset of a zone from UTC, in seconds, at a time in milliseconds since 1970. */
export type OffsetLookup = (time: number) => number

/**
 * Looks up the offsets of a time zone in the platform, a microsecond or two each.
 * @throws {RangeError} when the platform does not know the zone
 */
export function createOffsetLookup(timeZone: string): OffsetLookup {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
  return time => {
    // Such as `GMT-00:44:30`, or plain `GMT` without an offset.
    const [, offset = ''] = format.format(time).split('GMT')
    const [hours = 0, minutes = 0, seconds = 0] = offset.slice(1).split(':').map(Number)
    return (hours * 3600 + minutes * 60 + seconds) * (offset.startsWith('-') ? -1 : 1)
  }
}

/** What calendar and clock show in a time zone at an instant, to the second, such as `2026-03-29T09:00:00`. */
export function toLocalDateTime(instant: Date, timeZone: string): string {
  const time = instant.getTime()
  return new Date(time + createOffsetLookup(timeZone)(time) * 1000).toISOString().slice(0, 19)
}
