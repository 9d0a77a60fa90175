import type { ListRow } from '../tables.ts'

/** A list of todos, as clients see it. */
export interface List {
  readonly id: string
  readonly name: string
  readonly color: string | null
  readonly archived: boolean
  readonly archivedAt: Date | null
  readonly position: string
  /** How many of its todos are not done; of a list in the trash, of those that come back with it. */
  readonly openCount: number
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly deletedAt: Date | null
  /** Names this state of the list (RFC 9110, section 8.8.3); each change sets another one. */
  readonly etag: string
}

/** The list of a row. */
export const toList = (row: ListRow): List => ({
  id: row.id,
  name: row.name,
  color: row.color,
  archived: row.archivedAt !== null,
  archivedAt: row.archivedAt,
  position: row.position,
  openCount: row.openCount,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
  deletedAt: row.deletedAt,
  etag: `"${row.revision}"`
})
