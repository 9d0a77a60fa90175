import { hash } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { invalidCursor } from '../../http/cursor.ts'

/** Where a page ended: the key that the list is ordered by, and the id of the last todo. */
export interface CursorPosition {
  readonly key: string | number
  readonly id: string
}

/**
 * A point in a list, as an opaque text. It carries no authority: the owner is asked for again on every page.
 * @param listIdentity what makes the list: its filter and order
 */
export const toCursor = ({ key, id }: CursorPosition, listIdentity: unknown): string =>
  Buffer.from(JSON.stringify([digest(listIdentity), key, id])).toString('base64url')

/**
 * The point that a cursor stands for.
 * @param isValidKey whether something is a key of what the list is ordered by
 * @throws {Problem} `validation_failed` when it is none of ours, or of another list
 */
export function parseCursor(
  cursor: string,
  listIdentity: unknown,
  isValidKey: (key: unknown) => boolean
): CursorPosition {
  const content = decodeCursor(cursor)
  if (!CursorContent.Check(content)) throw invalidCursor()
  const [listDigest, key, id] = content
  if (listDigest !== digest(listIdentity))
    throw invalidCursor('is of a list with another filter or order; begin this one without')
  if (!isValidKey(key) || toCursor({ key, id }, listIdentity) !== cursor)
    throw invalidCursor('has been altered; give the nextCursor of the page before, or none')
  return { key, id }
}

/** What a cursor consists of; whether the key is one depends on the order of the list. */
const CursorContent = TypeCompiler.Compile(
  Type.Tuple([
    Type.String(),
    Type.Union([Type.String(), Type.Number()]),
    Type.String({ pattern: '^[\\da-f]{8}(-[\\da-f]{4}){3}-[\\da-f]{12}$' })
  ])
)

const digest = (listIdentity: unknown) =>
  hash('sha256', JSON.stringify(listIdentity), 'base64url').slice(0, 8)

function decodeCursor(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}
