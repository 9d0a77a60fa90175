import { tzlib_get_timezones } from 'timezones-ical-library'

/** What the platform calls the zones by: names of the IANA database all of them, but without most of its links. */
const platformNames = Intl.supportedValuesOf('timeZone')

/** All names of the IANA database, links among them, by their lower-case forms: no two differ in their case only. */
const nameByLowerCase = new Map(
  [tzlib_get_timezones(), platformNames].flat().map(name => [name.toLowerCase(), name] as const)
)

const platformNameSet = new Set(platformNames)

/** The name of a time zone as the IANA database writes it, or undefined for one that it has not. */
export const findTimeZoneName = (caseInsensitiveName: string): string | undefined =>
  nameByLowerCase.get(caseInsensitiveName.toLowerCase())

/**
 * Whether a text is the name of a time zone (IANA), old names among them. Offsets such as `+01:00` are not, nor are names that
 * the platform alone knows, such as `BST` for Dhaka: other programs read them otherwise, or not at all.
 */
export function isTimeZone(name: string): boolean {
  if (platformNameSet.has(name)) return true
  return /^[A-Z]/.test(name) && findTimeZoneName(name) !== undefined && isSupportedTimeZone(name)
}

/** Whether the platform knows a time zone, by whatever name. */
export function isSupportedTimeZone(timeZone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone }))
  } catch {
    return false
  }
}
