import type { Due } from '../../content/due.ts'
import { findRuleFault, type Repeat, toCanonicalRepeat } from '../../content/repeat.ts'
import { findRepeatFault } from '../../recurrence/recurring.ts'
import { parseRule } from '../../recurrence/rule.ts'
import { toDay } from '../../recurrence/series.ts'
import { parseTime } from './parsing/properties.ts'
import type { TodoSource } from './todo-source.ts'

/** A parameter of RRULE in our own export: COMPLETION if the next date is counted from the day of completion. */
export const FROM_PARAMETER = 'X-LATCHKEY-FROM'

/** Reads how a to-do recurs (RRULE), and says why that cannot be taken over. */
export function readRepeat({ get, addNote }: TodoSource, due: Due | null): Repeat | null {
  const property = get('RRULE')
  if (!property) return null
  const from = property.parameters.get(FROM_PARAMETER)?.toUpperCase() === 'COMPLETION' ? 'completion' : 'due'
  const repeat: Repeat = { rule: property.value.trim(), from }
  const startDay = parseTime(get('DTSTART')?.value ?? '')?.date
  const reason = findRuleFault(repeat.rule) ?? findMisfit(repeat, due, startDay)
  if (reason === undefined) return toCanonicalRepeat(repeat)
  addNote(property.line, `RRULE was left out: it ${reason}`)
  return null
}

/** A todo recurs by its due date, a VTODO by its start: a rule that names days means the same only if both are on one day. */
function findMisfit(repeat: Repeat, due: Due | null, startDay: string | undefined): string | undefined {
  const { byDay, byMonthDay, byMonth } = parseRule(repeat.rule)
  const namesDays = byDay.length + byMonthDay.length + byMonth.length > 0
  if (due && namesDays && startDay !== undefined && startDay !== toDay(due))
    return 'names days for DTSTART, which is on another day than DUE'
  return findRepeatFault({ repeat, due })?.detail
}
