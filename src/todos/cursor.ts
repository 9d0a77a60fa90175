import { hash } from 'node:crypto'
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
  const [of, key, id] = parsed(cursor)
  if (typeof of !== 'string' || !ID.test(id)) throw noCursor()
  if (of !== digest(list)) throw noCursor('is of a list with another filter or order; begin this one without')
  if (!isKey(key)) throw noCursor('has been altered; give the nextCursor of the page before, or none')
  return { key, id }
}

const ID = /^[\da-f-]{36}$/

const digest = (list: unknown) => hash('sha256', JSON.stringify(list), 'base64url').slice(0, 8)

function parsed(cursor: string) {
  try {
    const content = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(content) ? content : []
  } catch {
    return []
  }
}
