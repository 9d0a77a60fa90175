import { type Column, getTableColumns, type Placeholder, type SQL, sql, type Table } from 'drizzle-orm'
import { Problem } from '../problems/problem.ts'
import type { BoundStatement, Engine, Params, Queries, QueryBuilder, Rows, UserParams } from './engine.ts'
import { StatementError } from './errors.ts'
import type { Tables } from './schema.ts'

/** A statement that is prepared once and run with the values of its placeholders. */
export interface Statement<Result> {
  /** @throws {StatementError} */
  readonly execute: (params?: Params) => Promise<Result>
  /**
   * The same of a query whose cost grows with how many todos the user has.
   * @throws {StatementError}
   * @throws {Problem} `rate_limited` when too many of the user's wait already
   */
  readonly executeLong: (params: UserParams) => Promise<Result>
  /** The statement as a step of `store.atomically`, whose values may be made from the rows of the steps before it. */
  readonly bind: (params?: Params | ((earlierRows: readonly Rows[]) => Params)) => BoundStatement<Result>
}

type QueryResult<B extends QueryBuilder> = Awaited<ReturnType<ReturnType<B['prepare']>['execute']>>

/** What a write without `returning` yields is not known: each engine counts rows in its own way. */
type ResultOf<B extends QueryBuilder> = QueryResult<B> extends readonly unknown[] ? QueryResult<B> : unknown

type Statements<Builders extends Record<string, QueryBuilder>> = {
  readonly [Key in keyof Builders]: Statement<ResultOf<Builders[Key]>>
}

/**
 * Prepares a feature's statements once for each store, at their first use.
 * @param feature with a statement's key it names the statement, in the database and in the log
 * @param build the statements on the store's database and tables
 */
export function prepareStatements<Builders extends Record<string, QueryBuilder>>(
  feature: string,
  build: (db: Queries, tables: Tables) => Builders
): (engine: Engine) => Statements<Builders> {
  const prepared = new WeakMap<Engine, Statements<Builders>>()
  return engine => {
    const existing = prepared.get(engine)
    if (existing) return existing
    const entries = Object.entries(build(engine.db, engine.tables)).map(([key, builder]) => [
      key,
      createStatement(engine, `${feature}_${key}`, builder)
    ])
    const statements = Object.fromEntries(entries) as Statements<Builders>
    prepared.set(engine, statements)
    return statements
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
  const prepared = new WeakMap<Engine, Map<string, Statement<unknown>>>()
  return (engine, shape) => {
    const existing = prepared.get(engine) ?? new Map<string, Statement<unknown>>()
    prepared.set(engine, existing)
    const key = JSON.stringify(shape)
    const isCacheable = existing.size < MAX_SHAPES
    // PostgreSQL keeps what has a name for as long as the connection lasts.
    const statement =
      existing.get(key) ??
      createStatement(engine, isCacheable ? `${name}_${existing.size}` : '', build(engine, shape))
    if (isCacheable) existing.set(key, statement)
    return statement as Statement<ResultOf<B>>
  }
}

function createStatement(engine: Engine, name: string, builder: QueryBuilder): Statement<unknown> {
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
    async executeLong(params) {
      try {
        return await prepared.executeLong(params)
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
