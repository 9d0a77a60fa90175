import { hash } from 'node:crypto'
import { type Static, Type } from '@sinclair/typebox'
import { CursorId, createCursorCodec, invalidCursor } from '../../http/cursor.ts'

/** Where a page ended: the sort key and the id of its last todo. */
const CursorPosition = Type.Object({ key: Type.Union([Type.String(), Type.Number()]), id: CursorId })
export type CursorPosition = Static<typeof CursorPosition>

const { key, id } = CursorPosition.properties
const listCursors = createCursorCodec(Type.Tuple([Type.String(), key, id]))

/**
 * The cursor of a position in a list.
 * @param listIdentity what makes the list: its filter and order
 */
export const toCursor = ({ key, id }: CursorPosition, listIdentity: unknown): string =>
  listCursors.encode([digest(listIdentity), key, id])

/**
 * Reads a cursor.
 * @param isValidKey whether a value is a key of the order that the list has
 * @throws {Problem} `validation_failed` when the service did not write the cursor, or wrote it for another list
 */
export function parseCursor(
  cursor: string,
  listIdentity: unknown,
  isValidKey: (key: unknown) => boolean
): CursorPosition {
  const content = listCursors.decode(cursor)
  if (!content) throw invalidCursor()
  const [listDigest, key, id] = content
  if (listDigest !== digest(listIdentity))
    throw invalidCursor('is of a list with another filter or order; begin this one without')
  if (!isValidKey(key) || listCursors.encode(content) !== cursor)
    throw invalidCursor('has been altered; give the nextCursor of the page before, or none')
  return { key, id }
}

const digest = (listIdentity: unknown) =>
  hash('sha256', JSON.stringify(listIdentity), 'base64url').slice(0, 8)
