import { setImmediate as nextTurn } from 'node:timers/promises'
import { isSupportedTimeZone } from '../../../time/time-zones.ts'
import { createZoneYearLookup, type OffsetTransition } from './offset-transitions.ts'

/** A property and a component of a calendar as JSON (jCal, RFC 7265). */
export type JcalProperty = [
  name: string,
  parameters: Record<string, string>,
  type: string,
  ...values: unknown[]
]
export type JcalComponent = [name: string, properties: JcalProperty[], components: JcalComponent[]]

/** The years that a calendar can write. */
const [FIRST_YEAR, LAST_YEAR] = [1, 9999]
const MIN_TIME = Date.parse('0001-01-01T00:00:00Z')

/**
 * A time zone in a calendar (RFC 5545, section 3.6.5): each change of its clocks in some years and in the years around them.
 * A rule would be shorter, but no zone has kept one rule for as long as calendars reach.
 * @returns undefined when the platform does not know the zone
 */
export async function createTimeZoneComponent(
  name: string,
  years: Iterable<number>
): Promise<JcalComponent | undefined> {
  if (!isSupportedTimeZone(name)) return undefined
  const neededYears = [...years].flatMap(year => [year - 1, year, year + 1])
  const coveredYears = [...new Set(neededYears)]
    .filter(year => FIRST_YEAR <= year && year <= LAST_YEAR)
    .sort((a, b) => a - b)
  const getZoneYear = createZoneYearLookup(name)
  const observances: JcalComponent[] = []
  for (const [index, year] of coveredYears.entries()) {
    const { initial, transitions } = getZoneYear(year)
    const isContinued = coveredYears[index - 1] === year - 1
    observances.push(...[...(isContinued ? [] : [initial]), ...transitions].map(toObservance))
    // A year takes a fraction of a millisecond, but there may be as many years as todos.
    await nextTurn()
  }
  return ['vtimezone', [['tzid', {}, 'text', name]], observances]
}

/** What clocks show after a transition. The start is written in the time before the transition. */
function toObservance({ at, offsetBefore, offsetAfter }: OffsetTransition): JcalComponent {
  const time = new Date(Math.max(at + offsetBefore * 1000, MIN_TIME)).toISOString().slice(0, 19)
  return [
    offsetBefore < offsetAfter ? 'daylight' : 'standard',
    [
      ['dtstart', {}, 'date-time', time],
      ['tzoffsetfrom', {}, 'utc-offset', formatOffset(offsetBefore)],
      ['tzoffsetto', {}, 'utc-offset', formatOffset(offsetAfter)]
    ],
    []
  ]
}

/** Such as `+05:30` or `-00:44:30`, without seconds that are zero. */
function formatOffset(offset: number): string {
  const time = new Date(Math.abs(offset) * 1000).toISOString().slice(11, 19)
  return `${offset < 0 ? '-' : '+'}${time.replace(/:00$/, '')}`
}
