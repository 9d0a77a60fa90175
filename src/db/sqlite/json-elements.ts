import { is, Placeholder, type SQLWrapper, sql } from 'drizzle-orm'
import type { JsonElements } from '../json-elements.ts'

/** The elements of a JSON array in SQLite (https://sqlite.org/json1.html#jeach). */
export function jsonElements(array: SQLWrapper | Placeholder): JsonElements {
  // A limit keeps a subquery by itself. SQLite would else look through the elements for each row that they are joined to.
  const rows = is(array, Placeholder)
    ? sql`(select value from json_each(${array}) limit -1)`
    : sql`json_each(${array})`
  return {
    rows: sql`${rows} as elements`,
    text: sql<string>`elements.value`,
    // In parentheses, since its operator binds no closer than `||`.
    member: name => sql`(elements.value ->> ${sql.raw(`'${name}'`)})`
  }
}
