import ICAL from 'ical.js'
import { toInstant } from '../../../time/local-times.ts'
import type { Due } from '../../content/due.ts'
import type { Repeat } from '../../content/repeat.ts'
import { formatRule, parseRule, type RecurrenceRule } from '../../recurrence/rule.ts'
import { type Series, toDay, toDue } from '../../recurrence/series.ts'
import { FROM_PARAMETER } from '../calendar-import/repeat.ts'
import type { CalendarZones } from './calendar-zones.ts'
import type { JcalProperty } from './jcal.ts'

type FindZone = CalendarZones['find']

/** A due date as received; without the zone if its rules are unknown. */
export function toTimeProperty(name: string, due: Due, findZone: FindZone): JcalProperty {
  if ('date' in due) return [name, {}, 'date', due.date]
  const tzid = findZone(due.timeZone)
  return [name, tzid === undefined ? {} : { tzid }, 'date-time', due.dateTime]
}

/**
 * The series of a todo from its present occurrence on, as an independent series. What recurs needs a start (RFC 5545, section
 * 3.8.2.4), and no DUE may be at the time of the start (section 3.8.2.3): so the to-do is due when it starts, by its duration.
 */
export function toSeriesProperties(repeat: Repeat, series: Series, findZone: FindZone): JcalProperty[] {
  const start = toDue(series)
  return [
    toTimeProperty('dtstart', start, findZone),
    ['duration', {}, 'duration', 'date' in start ? 'P0D' : 'PT0S'],
    toRuleProperty(repeat, series, findZone)
  ]
}

/** The rule of what is left, and whether it is counted from the day of completion, which the standard cannot say. */
function toRuleProperty({ rule: text, from }: Repeat, series: Series, findZone: FindZone): JcalProperty {
  const rule = { ...parseRule(text), ...findEnd(parseRule(text), series, findZone) }
  const [name, , type, ...values] = ICAL.parse.property(`RRULE:${formatRule(rule)}`) as JcalProperty
  return [name, from === 'due' ? {} : { [FROM_PARAMETER.toLowerCase()]: from.toUpperCase() }, type, ...values]
}

/** How a series ends, counted from its present occurrence. */
function findEnd({ count }: RecurrenceRule, series: Series, findZone: FindZone) {
  const { start, current, last, remaining } = series
  if (remaining !== null) return { count: remaining, until: undefined }
  const isBegun = current !== toDay(start)
  if (count !== undefined && !isBegun) return { count, until: undefined }
  return { count: undefined, until: last === null ? undefined : toUntil(last, start, findZone) }
}

/** UNTIL in the kind of the start: a day for days, UTC for times with a zone, else local time (section 3.3.10). */
function toUntil(last: string, start: Due, findZone: FindZone): string {
  if ('date' in start) return last
  const end = `${last}T23:59:59`
  if (findZone(start.timeZone) === undefined) return end
  const instant = toInstant(Date.parse(`${end}Z`), start.timeZone)
  return `${new Date(Math.min(instant, MAX_TIME)).toISOString().slice(0, 19)}Z`
}

const MAX_TIME = Date.parse('9999-12-31T23:59:59Z')
