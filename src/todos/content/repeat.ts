import { Type } from '@sinclair/typebox'
import { Nullable, StringEnum, type Value } from '../../http/schemas/types.ts'
import { MAX_RULE } from '../recurrence/rule.ts'

const Repeat = Type.Object(
  {
    rule: Type.String({
      minLength: 1,
      maxLength: MAX_RULE,
      description: 'a recurrence rule (RFC 5545, RRULE) such as FREQ=WEEKLY;BYDAY=MO,TH',
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
