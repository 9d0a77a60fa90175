import { UUID } from 'uuidv7'
import { validationFailed } from '../problems/problem.ts'

/** A part of a list. */
export interface Page<Item> {
  readonly items: Item[]
  /** Where the next page begins, or null at the end. */
  readonly nextCursor: string | null
}

const CURSOR_PATTERN = /^[\w-]{22}$/

/** Where a page ended, as an opaque text. It carries no authority: the owner is asked for again on every page. */
const toCursor = (id: string): string => Buffer.from(UUID.parse(id).bytes).toString('base64url')

/**
 * The id after which a page begins.
 * @throws {Problem} `validation_failed` when the text is not a cursor of ours
 */
export function parseCursor(cursor: string): string {
  if (!CURSOR_PATTERN.test(cursor)) throw invalidCursor()
  const id = UUID.ofInner(Buffer.from(cursor, 'base64url')).toString()
  // Its last digit has spare bits, which decoding ignores.
  if (toCursor(id) !== cursor) throw invalidCursor()
  return id
}

/** The problem of a cursor that is of no use. */
export const invalidCursor = (detail = 'is not a cursor; give the nextCursor of the page before, or none') =>
  validationFailed({ parameter: 'cursor', detail })

/** Makes a page of at most `limit` rows; one more row than that was asked for, to know whether there are more. */
export function toPage<Item extends { id: string }>(rows: Item[], limit: number): Page<Item> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: last && rows.length > limit ? toCursor(last.id) : null }
}
