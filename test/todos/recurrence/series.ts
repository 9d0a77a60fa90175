import { nextOccurrence } from '../../../src/todos/recurrence/occurrences.ts'
import { parseRule, type RecurrenceRule } from '../../../src/todos/recurrence/rule.ts'
import { RecurrenceRuleError } from '../../../src/todos/recurrence/rule-parts.ts'

/** The first days of a series, found one after the other. */
export function firstDays(rule: RecurrenceRule, start: string, count = 1000): string[] {
  const days: string[] = []
  let day = nextOccurrence(rule, start, '0000-12-31')
  for (; day !== null && days.length < count; day = nextOccurrence(rule, start, day)) days.push(day)
  return days
}

/** The detail with which the text of a rule is refused; undefined when it is accepted. */
export function getRefusal(text: string): string | undefined {
  try {
    parseRule(text)
    return undefined
  } catch (error) {
    if (error instanceof RecurrenceRuleError) return error.detail
    throw error
  }
}
