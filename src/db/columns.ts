import * as pg from 'drizzle-orm/pg-core'
import * as sqlite from 'drizzle-orm/sqlite-core'

// Drizzle's own kinds for instants cannot encode a null that is the value of a placeholder; these can.

const milliseconds = sqlite.customType<{ data: Date; driverData: number | null }>({
  dataType: () => 'integer',
  toDriver: (date: Date | null) => date?.getTime() ?? null,
  fromDriver: value => new Date(value as number)
})

const timestamptz = pg.customType<{ data: Date; driverData: string | null }>({
  dataType: () => 'timestamp (3) with time zone',
  toDriver: (date: Date | null) => date?.toISOString() ?? null,
  fromDriver: value => new Date(value as string)
})

// Text on both: PostgreSQL's own kinds of JSON reorder the members, or arrive parsed or not as the driver pleases.
const json = {
  dataType: () => 'text',
  toDriver: (value: unknown) => (value === null ? null : JSON.stringify(value)),
  fromDriver: (text: string | null) => JSON.parse(text as string)
}
const postgresJson = pg.customType<{ data: unknown; driverData: string | null }>(json)
const sqliteJson = sqlite.customType<{ data: unknown; driverData: string | null }>(json)

const bytewiseText = pg.customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' })

/** The kinds of column that the tables are written in, for PostgreSQL. */
export const postgresColumns = {
  table: pg.pgTable,
  index: pg.index,
  uniqueIndex: pg.uniqueIndex,
  /** A UUID (RFC 9562) in its text form, ordered by its bytes whatever the language of the database. */
  id: (name: string) => bytewiseText(name),
  /** A text to order rows by, by its bytes likewise. */
  orderKey: (name: string) => bytewiseText(name),
  /** A number that the database gives to a row. */
  sequence: (name: string) => pg.integer(name).generatedByDefaultAsIdentity().primaryKey(),
  text: (name: string) => pg.text(name),
  /** A value that is kept as JSON, member for member in the order that it has. */
  json: (name: string) => postgresJson(name),
  flag: (name: string) => pg.boolean(name),
  integer: (name: string) => pg.integer(name),
  /** A point in time, to the millisecond. */
  instant: (name: string) => timestamptz(name)
}

export type ColumnKit = typeof postgresColumns

/** The same kinds for SQLite. */
export const sqliteColumns = {
  table: sqlite.sqliteTable,
  index: sqlite.index,
  uniqueIndex: sqlite.uniqueIndex,
  id: (name: string) => sqlite.text(name),
  orderKey: (name: string) => sqlite.text(name),
  sequence: (name: string) => sqlite.integer(name).primaryKey(),
  json: (name: string) => sqliteJson(name),
  text: (name: string) => sqlite.text(name),
  flag: (name: string) => sqlite.integer(name, { mode: 'boolean' }),
  integer: (name: string) => sqlite.integer(name),
  instant: (name: string) => milliseconds(name)
} satisfies Record<keyof ColumnKit, unknown>
