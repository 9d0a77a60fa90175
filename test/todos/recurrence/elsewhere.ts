import { RRuleTemporal } from 'rrule-temporal'
import type { RecurrenceRule } from '../../../src/todos/recurrence/rule.ts'

/** Rules that occur seldom take the other implementation long. */
const MAX_PERIODS = 300

/**
 * The first days by another implementation.
 * @param start the line of DTSTART
 * @returns whether these are all days that were asked for: the search ends after some empty periods
 */
export function findDaysElsewhere(
  text: string,
  start: string,
  count: number
): { days: string[]; isComplete: boolean } {
  const rruleString = `${start}\nRRULE:${text}`
  const days: string[] = []
  try {
    new RRuleTemporal({ rruleString, maxIterations: MAX_PERIODS }).all(date => {
      days.push(date.toString().slice(0, 10))
      return days.length < count
    })
    return { days: days.slice(0, count), isComplete: true }
  } catch (error) {
    if (!String(error).includes('Maximum iterations')) throw error
    return { days, isComplete: false }
  }
}

/**
 * Rules that the other implementation gets wrong (2.2.8), all of them YEARLY without BYMONTH: a number before one weekday
 * makes it forget BYMONTHDAY, which BYDAY limits by section 3.3.10, and the weekdays without a number.
 */
export const isMisreadElsewhere = ({ frequency, byMonth, byMonthDay, byDay }: RecurrenceRule) =>
  frequency === 'YEARLY' &&
  byMonth.length === 0 &&
  byDay.some(({ ordinal }) => ordinal !== 0) &&
  (byMonthDay.length > 0 || byDay.some(({ ordinal }) => ordinal === 0))

/** The line of DTSTART of a series of days. */
export const toStart = (day: string): string => `DTSTART;VALUE=DATE:${day.replaceAll('-', '')}`
