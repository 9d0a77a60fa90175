import { formatDay, LAST_DAY, toDayNumber } from './calendar-days.ts'
import { createPeriods, type Periods } from './periods.ts'
import type { RecurrenceRule } from './rule.ts'

/*
 * The occurrences of a series: of a rule that begins on a day (RFC 5545, section 3.3.10). Days are texts such as
 * `2026-03-29`. The start is an occurrence only if the rule selects it, and COUNT counts what the rule selects from the
 * start on. No series goes beyond the year 9999. UNTIL includes its day: of an UNTIL that is a time, `resolveUntil` finds
 * the last day of a series at a time of day.
 */

/** Finds the first occurrence after a day. @returns null when there is none */
export function nextOccurrence(rule: RecurrenceRule, start: string, after: string): string | null {
  const series = createDaySeries(rule, start)
  const from = Math.max(series.start, toDayNumber(after) + 1)
  if (rule.count === undefined) return toText(findDays(series, from).next().value)
  return toText(countDays(series, rule.count).find(day => day >= from))
}

/** Finds the first occurrence. @returns null when the rule has none from the start on */
export function firstOccurrence(rule: RecurrenceRule, start: string): string | null {
  const series = createDaySeries(rule, start)
  return toText(findDays(series, series.start).next().value)
}

/**
 * Finds the last occurrence of a rule with COUNT or UNTIL.
 * @returns null when the rule has neither, or no occurrence
 */
export function lastOccurrence(rule: RecurrenceRule, start: string): string | null {
  const series = createDaySeries(rule, start)
  if (rule.count !== undefined) return toText(countDays(series, rule.count).at(-1))
  return rule.until === undefined ? null : toText(findDays(series, series.start, -1).next().value)
}

interface DaySeries {
  readonly start: number
  readonly end: number
  readonly periods: Periods
}

type Direction = 1 | -1

function createDaySeries(rule: RecurrenceRule, start: string): DaySeries {
  const startDay = toDayNumber(start)
  const end = rule.until === undefined ? LAST_DAY : toDayNumber(rule.until.slice(0, 10))
  return { start: startDay, end, periods: createPeriods(rule, startDay) }
}

/** The first days of the series, as many as COUNT says. */
function countDays(series: DaySeries, count: number): number[] {
  const days: number[] = []
  for (const day of findDays(series, series.start)) if (days.push(day) === count) break
  return days
}

/** Finds the days that the rule selects, from a day on to the end of the series, or in the opposite direction. */
function* findDays(
  { periods, end }: DaySeries,
  from: number,
  direction: Direction = 1
): Generator<number, undefined> {
  if (from > end) return
  const [first, last] = direction === 1 ? [from, end] : [end, from]
  const lastPeriod = periods.find(last)
  let period = findPeriod(periods, periods.find(first), lastPeriod, direction)
  while (period !== undefined) {
    const days = periods.selectDays(period)
    for (const day of direction === 1 ? days : days.toReversed()) if (from <= day && day <= end) yield day
    period = findPeriod(periods, period + direction, lastPeriod, direction)
  }
}

/** Finds a period with days. After a cycle of the calendar without any there is none. */
function findPeriod(periods: Periods, first: number, last: number, direction: Direction): number | undefined {
  const count = Math.min((last - first) * direction, periods.cycle)
  for (let index = 0; index <= count; index++) {
    const period = first + index * direction
    if (periods.selectDays(period).length > 0) return period
  }
  return undefined
}

const toText = (day: number | undefined) => (day === undefined ? null : formatDay(day))
