import { AFTER_ALL } from '../../order/list-position.ts'

/*
 * A cursor tells in which pass an update is, and which todo of that pass was the last. Each pass that is over has left an
 * AFTER_ALL before the id: `~` is both the end of the first pass and the start of the second one, `~ID` is within the second.
 */

/** Where an update is. */
interface PassPosition {
  /** The number of passes that are over. */
  readonly passIndex: number
  /** The last todo that the present pass has looked at. */
  readonly id: string
}

export const toPassCursor = ({ passIndex, id }: PassPosition): string => AFTER_ALL.repeat(passIndex) + id

export function parsePassCursor(cursor: string): PassPosition {
  const passIndex = cursor.lastIndexOf(AFTER_ALL) + 1
  return { passIndex, id: cursor.slice(passIndex) }
}
