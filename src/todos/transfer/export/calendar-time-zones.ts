import { setImmediate as nextTurn } from 'node:timers/promises'
import ICAL from 'ical.js'
import { isSupportedTimeZone } from '../../../time/time-zones.ts'
import type { JcalComponent, JcalProperty } from './jcal.ts'
import { createZoneYearLookup, type OffsetTransition } from './offset-transitions.ts'
import { findZoneRules, LAST_PLANNED_YEAR } from './zone-rules.ts'

/** The years that a calendar can write. */
const [FIRST_YEAR, LAST_YEAR] = [1, 9999]
const MIN_TIME = Date.parse('0001-01-01T00:00:00Z')
/** No clock of a zone had been changed by then. */
const BEFORE_ALL_CHANGES = 1800
/** The years that a series reaches at least where no rule says how the clocks change. */
const LONG_SERIES = 50

/** When a time zone is needed. */
export interface ZoneSpan {
  readonly years: Iterable<number>
  /** The year from which on a series needs it for ever. */
  readonly endlessFrom: number | undefined
}

/** The years of which a calendar tells each change of the clocks, and the rules for the years after them. */
interface Coverage {
  readonly years: readonly number[]
  /** The rules of the changes in the last one of the years. */
  readonly rules: readonly string[]
}

/**
 * A time zone in a calendar (RFC 5545, section 3.6.5): each change of its clocks in some years and in the years around them; for a
 * series, each from its beginning on until rules hold, and then the rules.
 * @returns undefined when the platform does not know the zone
 */
export async function createTimeZoneComponent(
  name: string,
  span: ZoneSpan
): Promise<JcalComponent | undefined> {
  if (!isSupportedTimeZone(name)) return undefined
  const { years, rules } = await computeCoverage(name, span)
  const getZoneYear = createZoneYearLookup(name)
  const observances: JcalComponent[] = []
  for (const [index, year] of years.entries()) {
    const { initial, transitions } = getZoneYear(year)
    if (years[index - 1] !== year - 1) observances.push(toObservance(initial))
    const rulesOfYear = index === years.length - 1 ? rules : []
    observances.push(
      ...transitions.map((transition, number) => toObservance(transition, rulesOfYear[number]))
    )
    // A year takes a fraction of a millisecond, but there may be as many years as todos.
    await nextTurn()
  }
  return ['vtimezone', [['tzid', {}, 'text', name]], observances]
}

async function computeCoverage(name: string, { years, endlessFrom }: ZoneSpan): Promise<Coverage> {
  const needed = new Set([...years].flatMap(year => [year - 1, year, year + 1]))
  if (endlessFrom === undefined) return { years: toYears(needed), rules: [] }
  const zoneRules = await findZoneRules(name)
  const end = zoneRules
    ? Math.max(zoneRules.firstYear, endlessFrom - 1)
    : Math.max(LAST_PLANNED_YEAR, endlessFrom + LONG_SERIES)
  for (let year = Math.max(endlessFrom - 1, BEFORE_ALL_CHANGES); year <= end; year += 1) needed.add(year)
  // Later years follow the rules.
  const covered = toYears(needed)
  return zoneRules
    ? { years: covered.filter(year => year <= end), rules: zoneRules.rules }
    : { years: covered, rules: [] }
}

const toYears = (years: ReadonlySet<number>): number[] =>
  [...years].filter(year => FIRST_YEAR <= year && year <= LAST_YEAR).sort((a, b) => a - b)

/** What clocks show after a transition. The start is written in the time before the transition. */
function toObservance({ at, offsetBefore, offsetAfter }: OffsetTransition, rule?: string): JcalComponent {
  const time = new Date(Math.max(at + offsetBefore * 1000, MIN_TIME)).toISOString().slice(0, 19)
  return [
    offsetBefore < offsetAfter ? 'daylight' : 'standard',
    [
      ['dtstart', {}, 'date-time', time],
      ...(rule === undefined ? [] : [ICAL.parse.property(`RRULE:${rule}`) as JcalProperty]),
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
