import { Type } from '@sinclair/typebox'
import { Id } from '../../http/schemas/id.ts'
import { StringEnum, type Value } from '../../http/schemas/types.ts'

const strict = { additionalProperties: false }
const ends = ['top', 'bottom'] as const

/** Where a todo moves. */
export const MoveTarget = Type.Union(
  [
    Type.Object({ after: Id }, strict),
    Type.Object({ before: Id }, strict),
    Type.Object({ to: StringEnum(ends) }, strict)
  ],
  {
    type: 'object',
    description: '{ after } or { before } with the id of another todo, or { to } with top or bottom',
    examples: [{ to: 'top' }]
  }
)
export type MoveTarget = Value<typeof MoveTarget>

/** The same as members of an object that has others, too. */
export const moveTargetFields = {
  after: Type.Optional(Id),
  before: Type.Optional(Id),
  to: Type.Optional(StringEnum(ends, { description: 'top or bottom' }))
}
