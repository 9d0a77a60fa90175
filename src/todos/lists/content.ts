import { Type } from '@sinclair/typebox'
import { Id } from '../../http/schemas/id.ts'
import { Nullable, StringEnum, type Value } from '../../http/schemas/types.ts'
import { type FieldError, validationFailed } from '../../problems/problem.ts'
import { MAX_LIST_NAME } from '../limits.ts'

const Name = Type.String({
  format: 'line',
  // The limit counts no white space at the ends, which the service removes.
  pattern: `^\\s*\\S([\\s\\S]{0,${MAX_LIST_NAME - 2}}\\S)?\\s*$`,
  description: `a text of 1 to ${MAX_LIST_NAME} characters, not counting white space around it`,
  examples: ['Shopping']
})

const Color = Nullable(Type.String({ pattern: '^#[\\da-fA-F]{6}$', lowerCase: true }), {
  default: null,
  description: 'a color such as #1e90ff, or null for none',
  examples: ['#1e90ff']
})

const Archived = Type.Boolean({ default: false, description: 'true or false' })

const strict = { additionalProperties: false }

/** A new list: what the user decides about it, and its id, which a client may choose. */
export const NewList = Type.Object(
  {
    id: Type.Optional(Id),
    name: Name,
    color: Type.Optional(Color),
    archived: Type.Optional(Archived)
  },
  strict
)
export type NewList = Value<typeof NewList>

/** What a merge patch may change (RFC 7396): null restores a default. */
export const ListPatch = Type.Object(
  {
    name: Type.Optional(Name),
    color: Type.Optional(Color),
    archived: Type.Optional(
      Nullable(Archived, { description: `${Archived.description}, or null for the default` })
    )
  },
  strict
)
export type ListPatch = Value<typeof ListPatch>

export const ListMoveTarget = Type.Object(
  {
    after: Type.Optional(Id),
    before: Type.Optional(Id),
    to: Type.Optional(StringEnum(['top', 'bottom'], { description: 'top or bottom' }))
  },
  {
    ...strict,
    minProperties: 1,
    description: '{ after } or { before } with the id of another list, or { to } with top or bottom',
    examples: [{ to: 'top' }]
  }
)
/** Beside which list, or at which end. */
export type ListMoveTarget = Value<typeof ListMoveTarget>

/** @throws {Problem} `validation_failed` for a target that says several things */
export function assertValidListTarget(target: ListMoveTarget): void {
  if (Object.keys(target).length > 1) throw validationFailed(SEVERAL_TARGETS)
}

const SEVERAL_TARGETS: FieldError = {
  pointer: '',
  detail: 'has several of after, before and to; give one'
}
