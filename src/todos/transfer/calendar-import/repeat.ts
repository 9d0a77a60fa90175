import type { Due } from '../../content/due.ts'
import type { Repeat } from '../../content/repeat.ts'
import { firstOccurrence } from '../../recurrence/occurrences.ts'
import { formatRule, parseRule } from '../../recurrence/rule.ts'
import { RecurrenceRuleError } from '../../recurrence/rule-parts.ts'
import { parseTime } from './parsing/properties.ts'
import type { TodoSource } from './todo-source.ts'

/** A parameter of RRULE in our own export: COMPLETION if the next date is counted from the day of completion. */
export const FROM_PARAMETER = 'X-LATCHKEY-FROM'

/** Reads how a to-do recurs (RRULE), and says why that cannot be taken over. */
export function readRepeat({ get, addNote }: TodoSource, due: Due | null): Repeat | null {
  const property = get('RRULE')
  if (!property) return null
  const startDay = parseTime(get('DTSTART')?.value ?? '')?.date
  const from = property.parameters.get(FROM_PARAMETER)?.toUpperCase() === 'COMPLETION' ? 'completion' : 'due'
  const repeat = toRepeat({ rule: property.value.trim(), from }, due, startDay)
  if (typeof repeat !== 'string') return repeat
  addNote(property.line, `RRULE was left out: ${repeat}`)
  return null
}

/**
 * A todo recurs by its due date, a VTODO by its start: a rule that names days means the same only if both are on one day.
 * @returns the repeat, or why there is none
 */
function toRepeat(
  { rule: text, from }: Repeat,
  due: Due | null,
  startDay: string | undefined
): Repeat | string {
  if (!due) return 'a todo without a due date does not repeat'
  const dueDay = 'date' in due ? due.date : due.dateTime.slice(0, 10)
  try {
    const rule = parseRule(text)
    const namesDays = rule.byDay.length + rule.byMonthDay.length + rule.byMonth.length > 0
    if (namesDays && startDay !== undefined && startDay !== dueDay)
      return 'it names days for DTSTART, which is on another day than DUE'
    if (firstOccurrence(rule, dueDay) === null) return 'it selects no day from the due date on'
    return { rule: formatRule(rule), from }
  } catch (error) {
    if (error instanceof RecurrenceRuleError) return `it ${error.detail}`
    throw error
  }
}
