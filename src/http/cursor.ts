import { UUID } from 'uuidv7'
import { validationFailed } from '../problems/problem.ts'

/** A part of a list. */
export interface Page<Item> {
  readonly items: Item[]
  /** The cursor of the next page; null on the last page. */
  readonly nextCursor: string | null
}

const CURSOR_PATTERN = /^[\w-]{22}$/

/** Writes the id of the last item as an opaque text. A cursor grants no access: every page checks the owner. */
const toCursor = (id: string): string => Buffer.from(UUID.parse(id).bytes).toString('base64url')

/**
 * Parses a cursor.
 * @returns the id after which the page begins
 * @throws {Problem} `validation_failed` when `toCursor` has not written the text
 */
export function parseCursor(cursor: string): string {
  if (!CURSOR_PATTERN.test(cursor)) throw invalidCursor()
  const id = UUID.ofInner(Buffer.from(cursor, 'base64url')).toString()
  // The last digit has spare bits, which decoding ignores.
  if (toCursor(id) !== cursor) throw invalidCursor()
  return id
}

/** Creates the problem of an unusable cursor. */
export const invalidCursor = (detail = 'is not a cursor; give the nextCursor of the page before, or none') =>
  validationFailed({ parameter: 'cursor', detail })

/** Makes a page of at most `limit` items. The query must ask for one row more, which shows whether there is another page. */
export function toPage<Item extends { id: string }>(rows: Item[], limit: number): Page<Item> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: last && rows.length > limit ? toCursor(last.id) : null }
}
