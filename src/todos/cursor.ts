import { UUID } from 'uuidv7'
import { Problem } from '../errors.ts'

const SHAPE = /^[\w-]{22}$/

/** Where a page ended, as an opaque text. It carries no authority: the owner is asked for again on every page. */
export const cursorAfter = (id: string): string => Buffer.from(UUID.parse(id).bytes).toString('base64url')

/** @throws {Problem} `validation_failed` when the text is not a cursor of ours */
export function idBefore(cursor: string): string {
  if (SHAPE.test(cursor)) return UUID.ofInner(Buffer.from(cursor, 'base64url')).toString()
  const detail = 'is not a cursor; give the nextCursor of the page before, or none'
  throw new Problem('validation_failed', { errors: [{ parameter: 'cursor', detail }] })
}
