import { Type } from '@sinclair/typebox'
import { and, asc, eq, gt, isNull, sql } from 'drizzle-orm'
import { createStatement, oncePerEngine, param } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { createCursorCodec, invalidCursor, type Page } from '../../http/cursor.ts'
import { findLineFault } from '../../http/text.ts'
import { createBulkUpdates } from '../bulk/bulk-updates.ts'
import { todoTables } from '../tables.ts'

/** A tag, and on how many todos it is, of all and of those that are not done. */
export interface TagCount {
  readonly tag: string
  readonly count: number
  readonly openCount: number
}

/** Sorts before every tag. */
const BEFORE_ALL_TAGS = ''

const statement = oncePerEngine(engine => {
  const { todos } = todoTables(engine.kit)
  const { rows, text } = engine.jsonElements(todos.tags)
  const tag = text.as('tag')
  return createStatement(
    engine,
    'todos_tags',
    engine.db
      .select({
        tag: tag,
        count: sql`count(*)`.mapWith(Number),
        openCount: sql`count(*) filter (where not ${todos.done})`.mapWith(Number)
      })
      .from(todos)
      .innerJoin(rows, sql`true`)
      .where(
        and(
          eq(todos.userId, param(todos.userId, 'userId')),
          isNull(todos.deletedAt),
          gt(text, sql.placeholder('after'))
        )
      )
      .groupBy(text)
      .orderBy(asc(text))
      .limit(sql.placeholder('limit'))
  )
})

const cursors = createCursorCodec(Type.Tuple([Type.String()]))

/**
 * A page of the tags of a user's todos, without those of the trash, in the order of their bytes.
 * @throws {Problem} `validation_failed` when the service did not write the cursor
 */
export async function listTags(
  store: Store,
  userId: string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string }
): Promise<Page<TagCount>> {
  const after = cursor === undefined ? BEFORE_ALL_TAGS : parseTagCursor(cursor)
  const params = { userId, after, limit: limit + 1 }
  const rows = await createBulkUpdates(store).readConsistently(userId, () =>
    statement(store).executeLong(params, todoTables(store.kit).todos.userId)
  )
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: last && rows.length > limit ? cursors.encode([last.tag]) : null }
}

function parseTagCursor(cursor: string): string {
  const content = cursors.decode(cursor)
  // A database would fail on a control character.
  if (!content || cursors.encode(content) !== cursor || findLineFault(content[0])) throw invalidCursor()
  return content[0]
}
