import { type Column, getTableColumns, type Placeholder, type SQL, sql, type Table } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { Problem } from '../problems/problem.ts'
import type { BoundStatement, Rows } from './bound-statement.ts'
import type { Engine, Params, Queries, QueryBuilder, UserParams } from './engine.ts'
import { StatementError } from './errors.ts'
import type { TableDefinition, Tables } from './tables.ts'

/** A statement that is prepared once and run with the values of its placeholders. */
export interface Statement<Result> {
  /** @throws {StatementError} */
  readonly execute: (params?: Params) => Promise<Result>
  /**
   * Executes a query whose cost grows with how many rows the user has in a table.
   * @param owner the column of the table that names the user
   * @throws {StatementError}
   * @throws {Problem} `rate_limited` when too many of the user's wait already
   */
  readonly executeLong: (params: UserParams, owner: PgColumn) => Promise<Result>
  /** The statement with its values, for `store.atomically`. They may be made from the rows of the statements before it. */
  readonly bind: (params?: Params | ((earlierRows: readonly Rows[]) => Params)) => BoundStatement<Result>
}

type QueryResult<B extends QueryBuilder> = Awaited<ReturnType<ReturnType<B['prepare']>['execute']>>

/** What a write without `returning` yields is not known: each engine counts rows in its own way. */
export type ResultOf<B extends QueryBuilder> =
  QueryResult<B> extends readonly unknown[] ? QueryResult<B> : unknown

type Statements<Builders extends Record<string, QueryBuilder>> = {
  readonly [Key in keyof Builders]: Statement<ResultOf<Builders[Key]>>
}

/**
 * Prepares the statements of a feature once for each store, at their first use.
 * @param feature with a statement's key it names the statement, in the database and in the log
 * @param tables the tables that the statements are about
 * @param build the statements on the store's database and tables
 */
export function prepareStatements<Feature extends Tables, Builders extends Record<string, QueryBuilder>>(
  feature: string,
  tables: TableDefinition<Feature>,
  build: (db: Queries, tables: Feature) => Builders
): (engine: Engine) => Statements<Builders> {
  return oncePerEngine(engine => {
    const entries = Object.entries(build(engine.db, tables(engine.kit))).map(([key, builder]) => [
      key,
      createStatement(engine, `${feature}_${key}`, builder)
    ])
    return Object.fromEntries(entries) as Statements<Builders>
  })
}

/** Makes something once for each engine, at its first use. */
export function oncePerEngine<Value extends object>(
  create: (engine: Engine) => Value
): (engine: Engine) => Value {
  const values = new WeakMap<Engine, Value>()
  return engine => {
    const value = values.get(engine) ?? create(engine)
    values.set(engine, value)
    return value
  }
}

/** Makes something once for each database. Copies of an engine share it. */
export function oncePerDatabase<Value extends object>(
  create: () => Value
): (engine: Pick<Engine, 'db'>) => Value {
  const values = new WeakMap<Queries, Value>()
  return ({ db }) => {
    const value = values.get(db) ?? create()
    values.set(db, value)
    return value
  }
}

/** The most shapes of a query that stay prepared. */
const MAX_SHAPES = 100

/**
 * Prepares a query for each of its shapes (conditions, orders) at the first use of that one. The first ones stay prepared;
 * were there ever more, those are prepared anew each time.
 * @param name of the query, in the database and in the log
 * @param build the query in a shape
 */
export function prepareShapes<Shape, B extends QueryBuilder>(
  name: string,
  build: (engine: Engine, shape: Shape) => B
): (engine: Engine, shape: Shape) => Statement<ResultOf<B>> {
  return cacheShapes(name, (engine, shape: Shape, shapeName) =>
    createStatement(engine, shapeName, build(engine, shape))
  )
}

/**
 * The same for what is made of a query's shape in another way.
 * @param create gets the name of the shape, which is empty for a query that is prepared anew each time
 */
export function cacheShapes<Shape, Prepared>(
  name: string,
  create: (engine: Engine, shape: Shape, shapeName: string) => Prepared
): (engine: Engine, shape: Shape) => Prepared {
  const preparedShapes = oncePerEngine(() => new Map<string, Prepared>())
  return (engine, shape) => {
    const existing = preparedShapes(engine)
    const key = JSON.stringify(shape)
    const isCacheable = existing.size < MAX_SHAPES
    // PostgreSQL keeps what has a name for as long as the connection lasts.
    const prepared = existing.get(key) ?? create(engine, shape, isCacheable ? `${name}_${existing.size}` : '')
    if (isCacheable) existing.set(key, prepared)
    return prepared
  }
}

/**
 * Prepares one statement on an engine.
 * @param name of the statement, in the database and in the log
 */
export function createStatement<B extends QueryBuilder>(
  engine: Engine,
  name: string,
  builder: B
): Statement<ResultOf<B>>
export function createStatement(engine: Engine, name: string, builder: QueryBuilder): Statement<unknown> {
  const prepared = engine.prepare(builder, name)
  const toStatementError = (error: unknown) =>
    error instanceof Problem ? error : new StatementError(name, error)
  return {
    async execute(params) {
      try {
        return await prepared.execute(params)
      } catch (error) {
        throw toStatementError(error)
      }
    },
    async executeLong(params, owner) {
      try {
        return await prepared.executeLong(params, owner)
      } catch (error) {
        throw toStatementError(error)
      }
    },
    bind: params => ({
      name,
      run: earlierRows => prepared.run(typeof params === 'function' ? params(earlierRows) : params)
    })
  }
}

/** A value that is given when the statement runs, encoded as the column's values are. */
export const param = (column: Column, name: string): SQL => sql`${sql.param(sql.placeholder(name), column)}`

/** The values of columns that are set when the statement runs, each named as the column's property. */
export const paramsOf = (columns: Readonly<Record<string, Column>>): Record<string, SQL> =>
  Object.fromEntries(Object.entries(columns).map(([key, column]) => [key, param(column, key)]))

type Row<T extends Table> = { [Key in keyof T['$inferSelect'] & string]: Placeholder<Key> }

/** A whole row that is given when the statement runs: for each column, a value named as its property. */
export const paramRow = <T extends Table>(table: T): Row<T> =>
  Object.fromEntries(Object.keys(getTableColumns(table)).map(key => [key, sql.placeholder(key)])) as Row<T>

type Selection<T extends Table> = {
  [Key in keyof T['$inferSelect'] & string]: SQL.Aliased<T['$inferSelect'][Key]>
}

/** A whole row that is given likewise, to be selected: it is there only if what it is selected from is. */
export const paramSelection = <T extends Table>(table: T): Selection<T> =>
  Object.fromEntries(
    Object.entries(getTableColumns(table)).map(([key, column]) => [key, param(column, key).as(column.name)])
  ) as Selection<T>
