import { isDeepStrictEqual } from 'node:util'
import type { Due } from '../../content/due.ts'
import { findRuleFault, type Repeat, toCanonicalRepeat } from '../../content/repeat.ts'
import { formatDay, LAST_DAY, toDayNumber } from '../../recurrence/calendar-days.ts'
import { findRepeatFault } from '../../recurrence/recurring.ts'
import { formatRule, parseRule, type RecurrenceRule } from '../../recurrence/rule.ts'
import { toDay } from '../../recurrence/series.ts'
import { resolveUntil } from '../../recurrence/until.ts'
import { parseDue } from './due.ts'
import type { TodoSource } from './todo-source.ts'

/** A parameter of RRULE in our own export: COMPLETION if the next date is counted from the day of completion. */
export const FROM_PARAMETER = 'X-LATCHKEY-FROM'

/** Reads how a to-do recurs (RRULE), and says why that cannot be taken over. */
export function readRepeat(source: TodoSource, due: Due | null): Repeat | null {
  const property = source.get('RRULE')
  if (!property) return null
  const from = property.parameters.get(FROM_PARAMETER)?.toUpperCase() === 'COMPLETION' ? 'completion' : 'due'
  const startProperty = source.get('DTSTART')
  const start = startProperty && parseDue(startProperty, source)
  const text = property.value.trim()
  const fault = findRuleFault(text) ?? (start && due ? findMisfit(parseRule(text), start, due) : undefined)
  const rule = fault === undefined && start && due ? moveUntil(text, start, due) : text
  const reason = fault ?? findRepeatFault({ repeat: { rule, from }, due })?.detail
  if (reason === undefined) return toCanonicalRepeat({ rule, from })
  source.addNote(property.line, `RRULE was left out: it ${reason}`)
  return null
}

/**
 * A VTODO recurs by its start, a todo by its due date. On another day the rule means the same only if it names no days, and if
 * the two days are as far from each other in each period.
 */
function findMisfit(
  { frequency, byDay, byMonthDay, byMonth }: RecurrenceRule,
  start: Due,
  due: Due
): string | undefined {
  const [startDay, dueDay] = [toDay(start), toDay(due)]
  if (startDay === dueDay) return undefined
  if (byDay.length + byMonthDay.length + byMonth.length > 0)
    return 'names days for DTSTART, which is on another day than DUE'
  if (frequency === 'DAILY' || frequency === 'WEEKLY') return undefined
  const isSameMonth = startDay.slice(0, 7) === dueDay.slice(0, 7)
  const isInEachMonth = [startDay, dueDay].every(day => Number(day.slice(8)) <= LAST_DAY_OF_EACH_MONTH)
  if (isSameMonth && isInEachMonth) return undefined
  return `is ${frequency} for DTSTART, from which DUE is not equally far in each month`
}

const LAST_DAY_OF_EACH_MONTH = 28

/** The rule with an UNTIL for the due date instead of the start. */
function moveUntil(text: string, start: Due, due: Due): string {
  const rule = parseRule(text)
  if (rule.until === undefined || isDeepStrictEqual(start, due)) return text
  const { until = '' } = 'date' in start ? rule : resolveUntil(rule, start.dateTime.slice(11), start.timeZone)
  const [lastDay, startDay, dueDay] = [until.slice(0, 10), toDay(start), toDay(due)].map(toDayNumber)
  const moved = Number(lastDay) + Number(dueDay) - Number(startDay)
  return formatRule({ ...rule, until: formatDay(Math.max(FIRST_DAY, Math.min(moved, LAST_DAY))) })
}

const FIRST_DAY = toDayNumber('0001-01-01')
