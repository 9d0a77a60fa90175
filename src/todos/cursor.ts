import { hash } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { noCursor } from '../db/cursor.ts'

/** Where a page ended: the key that the list is ordered by, and the id of the last todo. */
export interface Point {
  readonly key: string | number
  readonly id: string
}

/**
 * A point in a list, as an opaque text. It carries no authority: the owner is asked for again on every page.
 * @param list what makes the list: its filter and order
 */
export const cursorAt = ({ key, id }: Point, list: unknown): string =>
  Buffer.from(JSON.stringify([digest(list), key, id])).toString('base64url')

/**
 * The point that a cursor stands for.
 * @param isKey whether something is a key of what the list is ordered by
 * @throws {Problem} `validation_failed` when it is none of ours, or of another list
 */
export function pointAt(cursor: string, list: unknown, isKey: (key: unknown) => boolean): Point {
  const content = contentOf(cursor)
  if (!Content.Check(content)) throw noCursor()
  const [of, key, id] = content
  if (of !== digest(list)) throw noCursor('is of a list with another filter or order; begin this one without')
  if (!isKey(key) || cursorAt({ key, id }, list) !== cursor)
    throw noCursor('has been altered; give the nextCursor of the page before, or none')
  return { key, id }
}

/** What a cursor consists of; whether the key is one depends on the order of the list. */
const Content = TypeCompiler.Compile(
  Type.Tuple([
    Type.String(),
    Type.Union([Type.String(), Type.Number()]),
    Type.String({ pattern: '^[\\da-f]{8}(-[\\da-f]{4}){3}-[\\da-f]{12}$' })
  ])
)

const digest = (list: unknown) => hash('sha256', JSON.stringify(list), 'base64url').slice(0, 8)

function contentOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}
