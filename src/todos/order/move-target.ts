import { Type } from '@sinclair/typebox'
import { Id } from '../../http/schemas/id.ts'
import { StringEnum, type Value } from '../../http/schemas/types.ts'
import { type FieldError, validationFailed } from '../../problems/problem.ts'
import { placementFields } from '../content/placement.ts'

const ends = ['top', 'bottom'] as const

/** Where a todo moves, as members of an object that may have others, too. */
export const moveTargetFields = {
  after: Type.Optional(Id),
  before: Type.Optional(Id),
  to: Type.Optional(StringEnum(ends, { description: 'top or bottom' })),
  ...placementFields
}

export const MoveTarget = Type.Object(moveTargetFields, {
  additionalProperties: false,
  minProperties: 1,
  description:
    '{ after } or { before } with the id of another todo, or { to } with top or bottom; listId and parentId for another ' +
    'list or parent',
  examples: [{ to: 'top' }]
})
/** Beside which todo, or at which end of its siblings; without either, at the bottom. */
export type MoveTarget = Value<typeof MoveTarget>

/** @throws {Problem} `validation_failed` for a target that says nothing, or two things */
export function assertValidTarget(target: MoveTarget): void {
  const error = findTargetError(target)
  if (error) throw validationFailed(error)
}

/** What is wrong with a target. */
export function findTargetError({ after, before, to, listId, parentId }: MoveTarget): FieldError | undefined {
  const places = [after, before, to].filter(place => place !== undefined)
  if (places.length > 1) return { pointer: '', detail: 'has several of after, before and to; give one' }
  if (places.length === 0 && listId === undefined && parentId === undefined)
    return { pointer: '', detail: 'needs one of after, before and to, or listId or parentId' }
  return undefined
}
