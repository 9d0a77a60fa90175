import ICAL from 'ical.js'
import { tzlib_get_ical_block, tzlib_get_timezones } from 'timezones-ical-library'

/** A property and a component of a calendar (jCal, RFC 7265). */
export type Property = [name: string, parameters: Record<string, string>, type: string, ...values: unknown[]]
export type Component = [name: string, properties: Property[], components: Component[]]

/** A time zone in a calendar: the name that its times refer to it by, and its rules (RFC 5545, section 3.6.5). */
export interface CalendarZone {
  readonly name: string
  readonly component: Component
}

/** The names of all zones of the library, by their lower-case forms: names of zones are the same in any case. */
const names = new Map([tzlib_get_timezones()].flat().map(name => [name.toLowerCase(), name]))
const zones = new Map<string, CalendarZone>()

/** A time zone by its name (IANA), be it an old one. @returns undefined when its rules are not known */
export function timeZoneOf(anyName: string): CalendarZone | undefined {
  const name = names.get(anyName.toLowerCase())
  if (name === undefined) return undefined
  const zone = zones.get(name) ?? { name, component: componentOf(name) }
  zones.set(name, zone)
  return zone
}

/** The library gives the rules of an old name under the one of today; here they stay under the name that is asked for. */
function componentOf(name: string): Component {
  const [block = ''] = [tzlib_get_ical_block(name)].flat()
  const [kind, properties, rules] = ICAL.parse(block) as Component
  return [
    kind,
    [['tzid', {}, 'text', name], ...properties.filter(([property]) => property !== 'tzid')],
    rules
  ]
}
