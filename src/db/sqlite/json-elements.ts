import { type SQLWrapper, sql } from 'drizzle-orm'
import type { JsonElements } from '../json-elements.ts'

/** The elements of a JSON array in SQLite (https://sqlite.org/json1.html#jeach). */
export const jsonElements = (array: SQLWrapper): JsonElements => ({
  rows: sql`json_each(${array}) as elements`,
  text: sql<string>`elements.value`,
  member: name => sql`(elements.value ->> ${sql.raw(`'${name}'`)})`
})
