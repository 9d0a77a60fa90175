import { Type } from '@sinclair/typebox'
import { Nullable, StringEnum, type Value } from '../../http/schemas/types.ts'
import { formatRule, MAX_RULE, parseRule } from '../recurrence/rule.ts'
import { RecurrenceRuleError } from '../recurrence/rule-parts.ts'

const Repeat = Type.Object(
  {
    rule: Type.String({
      format: 'recurrence-rule',
      maxLength: MAX_RULE,
      description: `a recurrence rule (RFC 5545, RRULE) of at most ${MAX_RULE} characters such as FREQ=WEEKLY;BYDAY=MO,TH`,
      examples: ['FREQ=WEEKLY;BYDAY=MO,TH']
    }),
    from: StringEnum(['due', 'completion'], {
      description: 'due or completion: whether the next date follows the last one, or the day of completion'
    })
  },
  { additionalProperties: false }
)

/** How a todo recurs. */
export type Repeat = Value<typeof Repeat>

export const RepeatField = Nullable(Repeat, {
  default: null,
  description: '{ rule, from } with a recurrence rule such as FREQ=WEEKLY;BYDAY=MO,TH, or null for none',
  examples: [{ rule: 'FREQ=WEEKLY;BYDAY=MO,TH', from: 'due' }]
})

/** What is wrong with the text of a rule, and what is accepted. */
export function findRuleFault(text: string): string | undefined {
  try {
    parseRule(text)
    return undefined
  } catch (error) {
    if (error instanceof RecurrenceRuleError) return error.detail
    throw error
  }
}

/** The same with the rule in its canonical form. @throws {RecurrenceRuleError} */
export const toCanonicalRepeat = ({ rule, from }: Repeat): Repeat => ({
  rule: formatRule(parseRule(rule)),
  from
})
