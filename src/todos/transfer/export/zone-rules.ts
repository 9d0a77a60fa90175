import { setImmediate as nextTurn } from 'node:timers/promises'
import { WEEKDAYS } from '../../recurrence/rule-parts.ts'
import { createZoneYearLookup, type OffsetTransition, type ZoneYear } from './offset-transitions.ts'

/** The rules by which a zone changes its clocks, as far as the platform knows. */
export interface ZoneRules {
  /** The first year from which on they hold. */
  readonly firstYear: number
  /** An RRULE for each change of a year, in their order. */
  readonly rules: readonly string[]
}

/** No zone has changes planned beyond this year but by a rule: those of Morocco end in 2087. */
export const LAST_PLANNED_YEAR = 2100
/** Rules are not looked for before this year. */
const FIRST_YEAR = 1970
/** The weekdays of all dates come within so many years. A rule that holds for fewer may be another one. */
const MIN_YEARS = 28

const DAYS_PER_WEEK = 7

/** What the changes of one kind have in common, and the days of the month that they fall on. */
interface YearlyChange {
  readonly month: number
  readonly weekday: number
  readonly firstDay: number
  readonly lastDay: number
  /** The time of day, and the offsets before and after. */
  readonly key: string
}

const cache = new Map<string, ZoneRules | undefined>()

/**
 * Finds the rules that the clocks of a zone follow from now on.
 * @returns undefined when there are none that a calendar can say, as in Egypt, where the clocks change after the last Thursday of October
 */
export async function findZoneRules(timeZone: string): Promise<ZoneRules | undefined> {
  if (!cache.has(timeZone)) cache.set(timeZone, await computeZoneRules(timeZone))
  return cache.get(timeZone)
}

async function computeZoneRules(timeZone: string): Promise<ZoneRules | undefined> {
  const getZoneYear = createZoneYearLookup(timeZone)
  let changes = toChanges(getZoneYear(LAST_PLANNED_YEAR))
  let firstYear = LAST_PLANNED_YEAR
  while (firstYear > FIRST_YEAR) {
    const merged = merge(changes, toChanges(getZoneYear(firstYear - 1)))
    if (!merged) break
    changes = merged
    firstYear -= 1
    // A year takes a fraction of a millisecond.
    await nextTurn()
  }
  if (changes.length > 0 && LAST_PLANNED_YEAR - firstYear < MIN_YEARS) return undefined
  return { firstYear, rules: changes.map(toRule) }
}

const toChanges = ({ transitions }: ZoneYear): YearlyChange[] => transitions.map(toChange)

function toChange({ at, offsetBefore, offsetAfter }: OffsetTransition): YearlyChange {
  const local = new Date(at + offsetBefore * 1000)
  const day = local.getUTCDate()
  return {
    month: local.getUTCMonth() + 1,
    weekday: (local.getUTCDay() + 6) % DAYS_PER_WEEK,
    firstDay: day,
    lastDay: day,
    key: [local.toISOString().slice(11, 19), offsetBefore, offsetAfter].join()
  }
}

/** The changes of more years; undefined when they do not follow one rule. */
function merge(
  changes: readonly YearlyChange[],
  others: readonly YearlyChange[]
): YearlyChange[] | undefined {
  if (changes.length !== others.length) return undefined
  const merged: YearlyChange[] = []
  for (const [index, other] of others.entries()) {
    const change = changes[index] as YearlyChange
    const { month, weekday, key } = change
    const firstDay = Math.min(change.firstDay, other.firstDay)
    const lastDay = Math.max(change.lastDay, other.lastDay)
    const isSame = month === other.month && weekday === other.weekday && key === other.key
    if (!isSame || lastDay - firstDay >= DAYS_PER_WEEK) return undefined
    merged.push({ ...change, firstDay, lastDay })
  }
  return merged
}

/** The weekday on seven days of a month: where they are, the nth or the last one, which all programs understand. */
function toRule({ month, weekday, firstDay, lastDay }: YearlyChange): string {
  const name = WEEKDAYS[weekday]
  const yearly = `FREQ=YEARLY;BYMONTH=${month}`
  if (firstDay % DAYS_PER_WEEK === 1) return `${yearly};BYDAY=${Math.ceil(firstDay / DAYS_PER_WEEK)}${name}`
  if (lastDay === DAYS_OF_MONTHS[month - 1]) return `${yearly};BYDAY=-1${name}`
  const days = Array.from({ length: lastDay - firstDay + 1 }, (_, index) => firstDay + index)
  return `${yearly};BYMONTHDAY=${days.join()};BYDAY=${name}`
}

/** But for February, in which no clock changes by a rule. */
const DAYS_OF_MONTHS = [31, 0, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
