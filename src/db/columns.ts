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

/** The kinds of column of which tables are made, for PostgreSQL. */
export const postgresKit = {
  table: pg.pgTable,
  index: pg.index,
  uniqueIndex: pg.uniqueIndex,
  /** A UUID (RFC 9562) in its text form, ordered by its bytes whatever the language of the database. */
  id: (name: string) => bytewiseText(name),
  /** A text to order rows by, in the order of its bytes. */
  orderKey: (name: string) => bytewiseText(name),
  /** A number that the database gives to a row. */
  sequence: (name: string) => pg.integer(name).generatedByDefaultAsIdentity().primaryKey(),
  text: (name: string) => pg.text(name),
  /** A value that is kept as JSON. Its members keep their order. */
  json: (name: string) => postgresJson(name),
  flag: (name: string) => pg.boolean(name),
  integer: (name: string) => pg.integer(name),
  /** A number that grows for years: up to 2^53 - 1. */
  counter: (name: string) => pg.bigint(name, { mode: 'number' }),
  /** A point in time, to the millisecond. */
  instant: (name: string) => timestamptz(name)
}

export type ColumnKit = typeof postgresKit

/** The same kinds for SQLite. */
const sqliteColumns = {
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
  counter: (name: string) => sqlite.integer(name),
  instant: (name: string) => milliseconds(name)
} satisfies Record<keyof ColumnKit, unknown>

/*
 * Features are written in the types of PostgreSQL. SQLite fits them because the values of a column are of the same type in
 * both kits, and so are the rows, which is checked here, and because both query builders are called alike, up to `prepare`,
 * whose name SQLite ignores.
 */
type Kind = Exclude<keyof ColumnKit, 'table' | 'index' | 'uniqueIndex'>
type Kinds = Record<Kind, (name: string) => { _: { data: unknown } }>
type SameValues<Kit extends Kinds> = {
  [Key in Kind]: (name: string) => { _: { data: ReturnType<Kit[Key]>['_']['data'] } }
}
sqliteColumns satisfies SameValues<ColumnKit>
postgresKit satisfies SameValues<typeof sqliteColumns>

/** The columns of SQLite, under the types of PostgreSQL. */
export const sqliteKit = sqliteColumns as unknown as ColumnKit
