import { customType, index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** Milliseconds since 1970. Takes null, which Drizzle's own `timestamp_ms` cannot in a prepared statement. */
const instant = customType<{ data: Date; driverData: number | null }>({
  dataType: () => 'integer',
  toDriver: (date: Date | null) => date?.getTime() ?? null,
  fromDriver: milliseconds => new Date(milliseconds as number)
})

/** The kinds of column that the tables are written in, for SQLite. Another engine brings a kit of this shape. */
export const sqliteColumns = {
  table: sqliteTable,
  index,
  /** A UUID (RFC 9562) in its text form. */
  id: (name: string) => text(name),
  text: (name: string) => text(name),
  flag: (name: string) => integer(name, { mode: 'boolean' }),
  count: (name: string) => integer(name),
  /** A point in time, to the millisecond. */
  instant: (name: string) => instant(name)
}

export type ColumnKit = typeof sqliteColumns
