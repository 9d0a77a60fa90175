import { asc, eq, max, sql } from 'drizzle-orm'
import { param, prepareStatements } from '../../../db/statements.ts'
import type { Store } from '../../../db/store.ts'
import { AFTER_ALL, BEFORE_ALL } from '../../order/list-position.ts'
import { todoTables } from '../../tables.ts'
import { ALL_IDS, type IdRange } from './pass.ts'

/** Where writes block nobody, the todos of one statement; so many bytes of terms take as long to index as one todo. */
const MAX_RANGE = 10_000
const BYTES_OF_TERMS = 64

const statements = prepareStatements('bulk_ranges', todoTables, (db, { todos }) => {
  const weighed = db
    .select({
      id: todos.id,
      weight:
        sql<number>`sum(1 + octet_length(${todos.terms}) / ${sql.raw(`${BYTES_OF_TERMS}`)}) over (order by ${todos.id})`.as(
          'weight'
        )
    })
    .from(todos)
    .where(eq(todos.userId, param(todos.userId, 'userId')))
    .as('weighed')
  return {
    /** The last todo of each range. */
    findEnds: db
      .select({ id: max(weighed.id) })
      .from(weighed)
      .groupBy(sql`${weighed.weight} / ${sql.raw(`${MAX_RANGE}`)}`)
      .orderBy(asc(max(weighed.id)))
  }
})

/**
 * Divides the todos of a user into ranges that one statement changes in about a second: an engine may index the terms of a
 * todo anew with each change.
 * @returns one range for an engine that slices its updates
 */
export async function splitIntoRanges(store: Store, userId: string): Promise<IdRange[]> {
  if (store.hasManyRows) return [ALL_IDS]
  const ends = (await statements(store).findEnds.execute({ userId })).map(({ id }) => String(id))
  let from: string = BEFORE_ALL
  return [...ends.slice(0, -1), AFTER_ALL].map(to => {
    const range = { from, to }
    from = to
    return range
  })
}
