import { type Placeholder, type SQLWrapper, sql } from 'drizzle-orm'
import type { JsonElements } from '../engine.ts'

/** The elements of a JSON array in PostgreSQL. */
export const jsonElements = (array: SQLWrapper | Placeholder): JsonElements => ({
  rows: sql`jsonb_array_elements((${array})::jsonb) as elements (value)`,
  text: sql<string>`(elements.value #>> '{}') collate "C"`,
  member: name => sql`(elements.value ->> ${sql.raw(`'${name}'`)})`
})
