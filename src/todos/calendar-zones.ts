import { setImmediate as nextTurn } from 'node:timers/promises'
import { isComputable } from './time-zones.ts'
import { type Change, zoneYearsOf } from './zone-changes.ts'

/** A property and a component of a calendar (jCal, RFC 7265). */
export type Property = [name: string, parameters: Record<string, string>, type: string, ...values: unknown[]]
export type Component = [name: string, properties: Property[], components: Component[]]

/** The years of the calendar. */
const [FIRST_YEAR, LAST_YEAR] = [1, 9999]
const BEGIN = Date.parse('0001-01-01T00:00:00Z')

/**
 * A time zone in a calendar (RFC 5545, section 3.6.5): the changes of its clocks in some years and in those around them,
 * each as it was or will be. A rule would be shorter, but no zone has kept one for as long as calendars reach.
 * @returns undefined when the platform does not know the zone
 */
export async function zoneComponent(name: string, years: Iterable<number>): Promise<Component | undefined> {
  if (!isComputable(name)) return undefined
  const around = [...years].flatMap(year => [year - 1, year, year + 1])
  const covered = [...new Set(around)]
    .filter(year => FIRST_YEAR <= year && year <= LAST_YEAR)
    .sort((a, b) => a - b)
  const zoneYear = zoneYearsOf(name)
  const observances: Component[] = []
  for (const [index, year] of covered.entries()) {
    const { begin, changes } = zoneYear(year)
    const isGoingOn = covered[index - 1] === year - 1
    observances.push(...[...(isGoingOn ? [] : [begin]), ...changes].map(observance))
    // Each takes a fraction of a millisecond, but there may be as many as there are todos.
    await nextTurn()
  }
  return ['vtimezone', [['tzid', {}, 'text', name]], observances]
}

/** What clocks show from a change on, which is told in the time from before. */
function observance({ at, from, to }: Change): Component {
  const time = new Date(Math.max(at + from * 1000, BEGIN)).toISOString().slice(0, 19)
  return [
    from < to ? 'daylight' : 'standard',
    [
      ['dtstart', {}, 'date-time', time],
      ['tzoffsetfrom', {}, 'utc-offset', offsetText(from)],
      ['tzoffsetto', {}, 'utc-offset', offsetText(to)]
    ],
    []
  ]
}

/** Such as `+05:30`, or `-00:44:30`: seconds are there only where they are not zero. */
function offsetText(offset: number): string {
  const time = new Date(Math.abs(offset) * 1000).toISOString().slice(11, 19)
  return `${offset < 0 ? '-' : '+'}${time.replace(/:00$/, '')}`
}
