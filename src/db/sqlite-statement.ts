import type Database from 'better-sqlite3'
import { Column, type DriverValueDecoder, is, Param, Placeholder, type Query, SQL } from 'drizzle-orm'
import type { Builder, Values } from './engine.ts'

type Row = Record<string, unknown>

interface Field {
  /** Where the value goes in a row: under a name, or under the name of a table and its own. */
  readonly path: readonly string[]
  readonly field: Column | SQL | { readonly sql: SQL }
}

/** What is inside of a query that Drizzle has prepared for SQLite. */
interface Internals {
  readonly stmt: Database.Statement
  readonly fields?: readonly Field[]
  getQuery(): Query
}

/** Runs a query elsewhere. @returns its rows as the driver has them */
type RawRead = (sql: string, params: readonly unknown[]) => Promise<unknown[][]>

/**
 * A query of Drizzle's, prepared. How values are encoded and rows decoded is Drizzle's, too, but is found out here once:
 * Drizzle does so for each value of each row, which takes several times as long as the query itself.
 */
export function preparedOf(builder: Builder) {
  const prepared = builder.prepare('') as unknown as Internals
  const { stmt, fields } = prepared
  const encoders = prepared.getQuery().params.map(encoderOf)
  const valuesOf = (values: Values) => encoders.map(encode => encode(values))

  if (!fields) return { run: (values: Values = {}): unknown => stmt.run(valuesOf(values)) }

  const decode = decoderOf(fields)
  stmt.raw()
  return {
    run: (values: Values = {}): unknown => (stmt.all(valuesOf(values)) as unknown[][]).map(decode),
    ...(stmt.readonly && {
      /** Runs the query in another way, which gives raw rows. */
      async readBy(read: RawRead, values: Values): Promise<unknown> {
        return (await read(stmt.source, valuesOf(values))).map(decode)
      }
    })
  }
}

function encoderOf(param: unknown): (values: Values) => unknown {
  if (is(param, Placeholder)) return values => given(values, param)
  if (is(param, Param) && is(param.value, Placeholder)) {
    const { value, encoder } = param
    return values => encoder.mapToDriverValue(given(values, value))
  }
  return () => param
}

function given(values: Values, { name }: Placeholder): unknown {
  if (name in values) return values[name]
  throw new Error(`there is no value for ${name}`)
}

function decoderOf(fields: readonly Field[]): (values: unknown[]) => Row {
  const columns = fields.map(({ path: [name = '', inner], field }) => ({
    name,
    inner,
    decoder: valueDecoderOf(field)
  }))
  return values => {
    const row: Row = {}
    let index = 0
    for (const { name, inner, decoder } of columns) {
      const value = values[index++]
      const decoded = value === null ? null : decoder.mapFromDriverValue(value)
      if (inner === undefined) row[name] = decoded
      else row[name] = Object.assign(row[name] ?? {}, { [inner]: decoded })
    }
    return row
  }
}

function valueDecoderOf(field: Field['field']): DriverValueDecoder<unknown, unknown> {
  if (is(field, Column)) return field
  const { decoder } = (is(field, SQL) ? field : field.sql) as unknown as {
    decoder: DriverValueDecoder<unknown, unknown>
  }
  return decoder
}
