import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { validationFailed } from '../problems/problem.ts'

/** A part of a list. */
export interface Page<Item> {
  readonly items: Item[]
  /** The cursor of the next page, or null at the end. */
  readonly nextCursor: string | null
}

/**
 * Writes and reads cursors: opaque texts that say where a page ended. A cursor carries no authority, because the statement
 * of every page names the owner.
 * @param schema of what a cursor contains, which must be JSON
 */
export function createCursorCodec<Schema extends TSchema>(schema: Schema) {
  const contentCheck = TypeCompiler.Compile(schema)
  return {
    encode: (content: Static<Schema>): string => Buffer.from(JSON.stringify(content)).toString('base64url'),

    /** @returns undefined unless the text contains what the schema says; several texts may contain the same */
    decode(cursor: string): Static<Schema> | undefined {
      const content = tryParseJson(Buffer.from(cursor, 'base64url').toString())
      return contentCheck.Check(content) ? content : undefined
    }
  }
}

function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** An id as the service makes it. */
export const CursorId = Type.String({ pattern: '^[\\da-f]{8}(-[\\da-f]{4}){3}-[\\da-f]{12}$' })

const idCursors = createCursorCodec(CursorId)

/**
 * Reads a cursor of a list that is ordered by id.
 * @returns the id after which the page begins
 * @throws {Problem} `validation_failed` when the service did not write the cursor
 */
export function parseCursor(cursor: string): string {
  const id = idCursors.decode(cursor)
  if (id === undefined || idCursors.encode(id) !== cursor) throw invalidCursor()
  return id
}

/** The problem of a useless cursor. */
export const invalidCursor = (detail = 'is not a cursor; give the nextCursor of the page before, or none') =>
  validationFailed({ parameter: 'cursor', detail })

/**
 * A page of a list that is ordered by id.
 * @param rows at most one more than `limit`, which shows that there is another page
 */
export function toPage<Item extends { id: string }>(rows: Item[], limit: number): Page<Item> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: last && rows.length > limit ? idCursors.encode(last.id) : null }
}
