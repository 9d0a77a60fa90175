import { Type } from '@sinclair/typebox'
import { InstantText, Nullable, type Value } from '../../http/schemas/types.ts'
import { type FieldError, validationFailed } from '../../problems/problem.ts'
import { MAX_DESCENDANTS } from '../limits.ts'
import type { Todo } from '../todo.ts'

const readOnly = { readOnly: true }
const Instant = Type.String({ ...InstantText, ...readOnly })
const NullableInstant = Nullable(Type.String({ format: 'date-time' }), {
  description: 'an instant, or null',
  ...readOnly
})

const ChildCount = { minimum: 0, maximum: MAX_DESCENDANTS, ...readOnly }

/** What the server sets of a todo. A client that replaces a todo may send these fields back as it read them. */
export const serverFields = {
  position: Type.Optional(Type.String({ description: 'the present position', ...readOnly })),
  childCount: Type.Optional(Type.Integer({ ...ChildCount, description: 'the present number of subtasks' })),
  openChildCount: Type.Optional(
    Type.Integer({ ...ChildCount, description: 'the present number of subtasks that are not done' })
  ),
  createdAt: Type.Optional(Instant),
  updatedAt: Type.Optional(Instant),
  completedAt: Type.Optional(NullableInstant),
  deletedAt: Type.Optional(NullableInstant)
}

const ServerFields = Type.Object(serverFields)
export type ServerFields = {
  readonly [Field in keyof Value<typeof ServerFields>]: Value<typeof ServerFields>[Field] | undefined
}

/**
 * Accepts what a client says of the present state if it is true.
 * @throws {Problem} `validation_failed` with each field that has another value now
 */
export function assertServerFields(todo: Todo, received: ServerFields): void {
  const errors = (Object.keys(received) as (keyof ServerFields)[])
    .filter(name => received[name] !== undefined && !isEqual(todo[name], received[name]))
    .map((name): FieldError => ({ pointer: `/${name}`, detail: MISMATCH }))
  if (errors.length > 0) throw validationFailed(...errors)
}

const MISMATCH = 'is set by the server, and has another value now; leave it out, or give the present one'

const isEqual = (
  current: string | number | Date | null,
  received: ServerFields[keyof ServerFields]
): boolean =>
  current instanceof Date ? current.getTime() === Date.parse(`${received}`) : current === received
