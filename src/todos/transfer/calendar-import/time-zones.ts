import { findTimeZoneName, isTimeZone } from '../../../time/time-zones.ts'
import { findWindowsTimeZone } from '../../../time/windows-time-zones.ts'
import type { CalendarPart } from './parsing/components.ts'
import { decodeText } from './parsing/properties.ts'

/** Finds the IANA name of a time zone of a calendar; undefined when it cannot be told. */
export type TimeZoneLookup = (tzid: string) => string | undefined

/** The most time zones of a file that are known at a time. */
const MAX_ZONES = 1000

const PATH = 'VCALENDAR/VTIMEZONE'
/** What programs write into the component of a zone beside its rules: its name in the IANA database. */
const LOCATION = 'X-LIC-LOCATION'

/** Collects the time zones that a file describes (VTIMEZONE), for the names that programs give them. */
export function createZoneCollector() {
  const locations = new Map<string, string>()
  const found = new Map<string, string | undefined>()
  let zone = new Map<string, string>()

  return {
    /** Reads a part of a calendar. */
    collect({ kind, path, property: { name, value } }: CalendarPart): void {
      if (path !== PATH) return
      if (kind === 'begin') zone = new Map()
      if (kind === 'property' && (name === 'TZID' || name === LOCATION))
        zone.set(name, decodeText(value).trim())
      if (kind !== 'end' || locations.size === MAX_ZONES) return
      const [tzid, location] = [zone.get('TZID'), zone.get(LOCATION)]
      if (tzid && location) locations.set(tzid, location)
    },
    /** Finds zones by their own names, and by those that their components add. */
    find(tzid: string): string | undefined {
      if (!found.has(tzid)) {
        if (found.size === MAX_ZONES) found.clear()
        found.set(tzid, findZone(tzid) ?? findZone(locations.get(tzid) ?? ''))
      }
      return found.get(tzid)
    }
  }
}

/**
 * A name of the IANA database; a name of Windows; or a name with a prefix, such as `/mozilla.org/20050126_1/Europe/Berlin` and
 * `tzone://Microsoft/Utc`.
 */
function findZone(tzid: string): string | undefined {
  const isPrefixed = tzid.startsWith('/') || tzid.includes('://')
  const segments = tzid.split('/').slice(-MAX_SEGMENTS)
  const candidates = isPrefixed ? segments.map((_, index) => segments.slice(index).join('/')) : [tzid]
  return candidates
    .map(candidate => findTimeZoneName(candidate) ?? findWindowsTimeZone(candidate))
    .find(name => name !== undefined && isTimeZone(name))
}

/** Segments of the longest name, such as `America/Argentina/Ushuaia`. */
const MAX_SEGMENTS = 3
