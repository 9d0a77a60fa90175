import { Type } from '@sinclair/typebox'
import type { Store } from '../../db/store.ts'
import { CursorId, createCursorCodec, invalidCursor, type Page } from '../../http/cursor.ts'
import type { Value } from '../../http/schemas/types.ts'
import { LIST_START } from '../order/list-position.ts'
import { type List, toList } from './list.ts'
import { selectListPage } from './statements.ts'

/** Which lists a page shows. */
export const listFilterFields = {
  archived: Type.Optional(
    Type.Boolean({ description: 'true or false; without it, archived lists and others' })
  ),
  deleted: Type.Optional(
    Type.Boolean({ description: 'true or false; true for the lists in the trash instead' })
  )
}

const ListFilter = Type.Object(listFilterFields)
export type ListsQuery = Value<typeof ListFilter> & { readonly limit: number; readonly cursor?: string }

/** Where a page ended. */
const cursors = createCursorCodec(Type.Tuple([Type.String({ pattern: '^[\\w-]+$' }), CursorId]))

/**
 * A page of a user's lists, in their order.
 * @throws {Problem} `validation_failed` when the service did not write the cursor
 */
export async function readListPage(
  store: Store,
  userId: string,
  { limit, cursor, archived, deleted = false }: ListsQuery
): Promise<Page<List>> {
  const { position, id } = cursor === undefined ? LIST_START : parseCursor(cursor)
  const statement = selectListPage(store, { isTrash: deleted, isArchived: archived })
  const rows = await statement.execute({ userId, position, id, limit: limit + 1 })
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return {
    items: rows.slice(0, limit).map(toList),
    nextCursor: last ? cursors.encode([last.position, last.id]) : null
  }
}

/** A cursor of one filter does for another: it names a place among all lists. */
function parseCursor(cursor: string) {
  const content = cursors.decode(cursor)
  if (!content || cursors.encode(content) !== cursor) throw invalidCursor()
  const [position, id] = content
  return { position, id }
}
