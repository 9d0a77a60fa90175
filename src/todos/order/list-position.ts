import type { TodoRow } from '../tables.ts'

/** The place of a todo in the list, which is ordered by position, then by id. */
export type ListPosition = Pick<TodoRow, 'id' | 'position'>

/** Sort before and after every id, and before and after every position. */
export const [BEFORE_ALL, AFTER_ALL] = ['', '~'] as const

/** The places before and after all todos. */
export const LIST_START: ListPosition = { position: BEFORE_ALL, id: BEFORE_ALL }
export const LIST_END: ListPosition = { position: AFTER_ALL, id: BEFORE_ALL }

export const isBefore = (a: ListPosition, b: ListPosition): boolean =>
  a.position === b.position ? a.id < b.id : a.position < b.position
