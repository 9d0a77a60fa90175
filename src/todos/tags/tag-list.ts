import { Type } from '@sinclair/typebox'
import { and, asc, gt, sql } from 'drizzle-orm'
import { prepareShapes } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { createCursorCodec, invalidCursor, type Page } from '../../http/cursor.ts'
import { findLineFault } from '../../http/text.ts'
import { createBulkUpdates } from '../bulk/bulk-updates.ts'
import { type FilterShape, prepareFilter, toCondition } from '../query/filter.ts'
import type { Filter } from '../query/list-query.ts'
import { todoTables } from '../tables.ts'

/** A tag, and on how many todos it is, of all and of those that are not done. */
export interface TagCount {
  readonly tag: string
  readonly count: number
  readonly openCount: number
}

/** Sorts before every tag. */
const BEFORE_ALL_TAGS = ''

const NO_FILTER: Filter = {}

const selectPage = prepareShapes('todos_tags', (engine, shape: FilterShape) => {
  const { todos } = todoTables(engine.kit)
  const { rows, text: tag } = engine.jsonElements(todos.tags)
  return engine.db
    .select({
      tag,
      count: sql`count(*)`.mapWith(Number),
      openCount: sql`count(*) filter (where not ${todos.done})`.mapWith(Number)
    })
    .from(todos)
    .innerJoin(rows, sql`true`)
    .where(and(toCondition(engine, shape), gt(tag, sql.placeholder('after'))))
    .groupBy(tag)
    .orderBy(asc(tag))
    .limit(sql.placeholder('limit'))
})

const cursors = createCursorCodec(Type.Tuple([Type.String()]))

/**
 * A page of the tags of the todos that a list without a filter has, in the order of their bytes.
 * @throws {Problem} `validation_failed` when the service did not write the cursor
 */
export async function listTags(
  store: Store,
  userId: string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string }
): Promise<Page<TagCount>> {
  const after = cursor === undefined ? BEFORE_ALL_TAGS : parseTagCursor(cursor)
  const { shape, params } = await prepareFilter(store, userId, NO_FILTER, store.now())
  const pageParams = { ...params, after, limit: limit + 1 }
  const rows = await createBulkUpdates(store).readConsistently(userId, () =>
    selectPage(store, shape).executeLong(pageParams, todoTables(store.kit).todos.userId)
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
