import type Database from 'better-sqlite3'
import {
  Column,
  type DriverValueDecoder,
  is,
  Param,
  Placeholder,
  type Query,
  SQL,
  type SQLWrapper,
  sql
} from 'drizzle-orm'
import { BetterSQLiteSession } from 'drizzle-orm/better-sqlite3/session'
import { BaseSQLiteDatabase, SQLiteSyncDialect } from 'drizzle-orm/sqlite-core'
import type { JsonElements, Params, Queries, QueryBuilder } from '../engine.ts'

/**
 * Writes parameters as `+?`. To SQLite that is the value itself, but no value to plan by: where SQLite may plan by a value,
 * it plans anew for each, which takes as long as the statement (sqlite3_prepare_v3 in
 * https://sqlite.org/c3ref/prepare.html).
 */
class StablePlanDialect extends SQLiteSyncDialect {
  override escapeParam(): string {
    return '+?'
  }
}

/** Opens Drizzle on a connection, under the types of PostgreSQL, in which features are written. */
export function openDrizzle(connection: Database.Database): Queries {
  const dialect = new StablePlanDialect()
  const session = new BetterSQLiteSession(connection, dialect, undefined)
  return new BaseSQLiteDatabase('sync', dialect, session, undefined) as unknown as Queries
}

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

type Row = Record<string, unknown>

interface Field {
  /** Where the value goes in a row: under a name, or under the name of a table and its own. */
  readonly path: readonly string[]
  readonly field: Column | SQL | { readonly sql: SQL }
}

/** The private parts of a query that Drizzle has prepared for SQLite. A test holds them to the version of Drizzle. */
interface PreparedInternals {
  readonly stmt: Database.Statement
  readonly fields?: readonly Field[]
  getQuery(): Query
}

/** Runs a query elsewhere. @returns its rows as the driver has them */
type RawRead = (sql: string, params: readonly unknown[]) => Promise<unknown[][]>

/**
 * Prepares a query of Drizzle's. Values are encoded and rows decoded as Drizzle does, but how is found out once: Drizzle finds
 * it out for each value of each row, which takes several times as long as the query itself.
 */
export function prepareQuery(builder: QueryBuilder) {
  const prepared = builder.prepare('') as unknown as PreparedInternals
  const { stmt, fields } = prepared
  const encoders = prepared.getQuery().params.map(createParamEncoder)
  const encodeParams = (params: Params) => encoders.map(encode => encode(params))

  if (!fields) return { run: (params: Params = {}): unknown => stmt.run(encodeParams(params)) }

  const decode = createRowDecoder(fields)
  stmt.raw()
  return {
    run: (params: Params = {}): unknown => (stmt.all(encodeParams(params)) as unknown[][]).map(decode),
    ...(stmt.readonly && {
      /** Runs the query in another way, which gives raw rows. */
      async readWith(read: RawRead, params: Params): Promise<unknown> {
        return (await read(stmt.source, encodeParams(params))).map(decode)
      }
    })
  }
}

function createParamEncoder(param: unknown): (params: Params) => unknown {
  if (is(param, Placeholder)) return params => getParam(params, param)
  if (is(param, Param) && is(param.value, Placeholder)) {
    const { value, encoder } = param
    return params => encoder.mapToDriverValue(getParam(params, value))
  }
  return () => param
}

function getParam(params: Params, { name }: Placeholder): unknown {
  if (name in params) return params[name]
  throw new Error(`there is no value for ${name}`)
}

function createRowDecoder(fields: readonly Field[]): (values: unknown[]) => Row {
  const columns = fields.map(({ path: [name = '', nestedName], field }) => ({
    name,
    inner: nestedName,
    decoder: getValueDecoder(field)
  }))
  return values => {
    const row: Row = {}
    let index = 0
    for (const { name, inner: nestedName, decoder } of columns) {
      const value = values[index++]
      const decoded = value === null ? null : decoder.mapFromDriverValue(value)
      if (nestedName === undefined) row[name] = decoded
      else row[name] = Object.assign(row[name] ?? {}, { [nestedName]: decoded })
    }
    return row
  }
}

function getValueDecoder(field: Field['field']): DriverValueDecoder<unknown, unknown> {
  if (is(field, Column)) return field
  const { decoder } = (is(field, SQL) ? field : field.sql) as unknown as {
    decoder: DriverValueDecoder<unknown, unknown>
  }
  return decoder
}
