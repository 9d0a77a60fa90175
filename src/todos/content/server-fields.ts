import { type FieldError, validationFailed } from '../../problems/problem.ts'
import type { Todo } from '../todo.ts'

/** What the server sets of a todo, as a client that has read it gives it back: instants as texts (RFC 3339). */
export type ServerFields = {
  readonly [Field in 'position' | 'createdAt' | 'updatedAt' | 'completedAt' | 'deletedAt']?:
    | string
    | null
    | undefined
}

/**
 * Takes what a client says of the present state as long as it is so.
 * @throws {Problem} `validation_failed` with each member that has another value
 */
export function assertServerFields(todo: Todo, received: ServerFields): void {
  const errors = (Object.keys(received) as (keyof ServerFields)[])
    .filter(name => received[name] !== undefined && !isEqual(todo[name], received[name]))
    .map((name): FieldError => ({ pointer: `/${name}`, detail: MISMATCH }))
  if (errors.length > 0) throw validationFailed(...errors)
}

const MISMATCH = 'is set by the server, and has another value now; leave it out, or give the present one'

const isEqual = (current: string | Date | null, received: ServerFields[keyof ServerFields]): boolean =>
  current instanceof Date ? current.getTime() === Date.parse(`${received}`) : current === received
