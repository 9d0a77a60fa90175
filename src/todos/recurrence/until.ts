import { createOffsetLookup } from '../../time/time-zones.ts'
import { formatDay, LAST_DAY } from './calendar-days.ts'
import type { RecurrenceRule } from './rule.ts'

/**
 * Makes a day of an UNTIL that is a time, for a series at a time of day: the last day whose occurrence is not after UNTIL.
 * An UNTIL in UTC is read on the clock of the series (RFC 5545, section 3.3.10).
 * @param timeOfDay such as `09:00:00`
 * @param timeZone of the series
 * @throws {RangeError} when the platform does not know the zone
 */
export function resolveUntil(rule: RecurrenceRule, timeOfDay: string, timeZone: string): RecurrenceRule {
  const { until } = rule
  if (!until?.includes('T')) return rule
  const offset = until.endsWith('Z') ? createOffsetLookup(timeZone)(Date.parse(until)) : 0
  const localTime = Date.parse(until.endsWith('Z') ? until : `${until}Z`) + offset * 1000
  const lastDay = Math.floor((localTime - Date.parse(`1970-01-01T${timeOfDay}Z`)) / 86_400_000)
  return { ...rule, until: formatDay(Math.min(lastDay, LAST_DAY)) }
}
