import { type FieldError, invalid } from '../errors.ts'
import type { Todo } from './todo.ts'

/** What the server sets of a todo, as a client that has read it gives it back: instants as texts (RFC 3339). */
export type Present = {
  readonly [Field in 'position' | 'createdAt' | 'updatedAt' | 'completedAt' | 'deletedAt']?:
    | string
    | null
    | undefined
}

/**
 * Takes what a client says of the present state as long as it is so.
 * @throws {Problem} `validation_failed` with each member that has another value
 */
export function assertPresent(todo: Todo, given: Present): void {
  const faults = (Object.keys(given) as (keyof Present)[])
    .filter(name => given[name] !== undefined && !isSame(todo[name], given[name]))
    .map((name): FieldError => ({ pointer: `/${name}`, detail: NOT_SO }))
  if (faults.length > 0) throw invalid(...faults)
}

const NOT_SO = 'is set by the server, and has another value now; leave it out, or give the present one'

const isSame = (present: string | Date | null, given: Present[keyof Present]): boolean =>
  present instanceof Date ? present.getTime() === Date.parse(`${given}`) : present === given
