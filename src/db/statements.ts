import { type Column, getTableColumns, type Placeholder, type SQL, sql, type Table } from 'drizzle-orm'
import { Problem } from '../errors.ts'
import type { Builder, Engine, Found, LongValues, Queries, Step, Values } from './engine.ts'
import { StatementFailed } from './failures.ts'
import type { Tables } from './schema.ts'

/** A statement that is prepared once and run with the values of its placeholders. */
export interface Statement<Rows> {
  /** @throws {StatementFailed} */
  readonly execute: (values?: Values) => Promise<Rows>
  /**
   * The same of a query whose cost grows with how many todos the user has.
   * @throws {StatementFailed}
   * @throws {Problem} `rate_limited` when too many of the user's wait already
   */
  readonly executeLong: (values: LongValues) => Promise<Rows>
  /** The statement as a step of `store.atomically`, whose values may be made from the rows of the steps before it. */
  readonly with: (values?: Values | ((before: readonly Found[]) => Values)) => Step<Rows>
}

type Result<B extends Builder> = Awaited<ReturnType<ReturnType<B['prepare']>['execute']>>

/** What a write without `returning` yields is not known: each engine counts rows in its own way. */
type Rows<B extends Builder> = Result<B> extends readonly unknown[] ? Result<B> : unknown

type Statements<Builders extends Record<string, Builder>> = {
  readonly [Key in keyof Builders]: Statement<Rows<Builders[Key]>>
}

/**
 * Prepares a feature's statements once for each store, at their first use.
 * @param feature with a statement's key it names the statement, in the database and in the log
 * @param build the statements on the store's database and tables
 */
export function statementsOf<Builders extends Record<string, Builder>>(
  feature: string,
  build: (db: Queries, tables: Tables) => Builders
): (engine: Engine) => Statements<Builders> {
  const prepared = new WeakMap<Engine, Statements<Builders>>()
  return engine => {
    const known = prepared.get(engine)
    if (known) return known
    const entries = Object.entries(build(engine.db, engine.tables)).map(([key, builder]) => [
      key,
      statementOf(engine, `${feature}_${key}`, builder)
    ])
    const statements = Object.fromEntries(entries) as Statements<Builders>
    prepared.set(engine, statements)
    return statements
  }
}

/** The most shapes of a query that stay prepared. */
const MOST_SHAPES = 100

/**
 * Prepares a query for each of its shapes (conditions, orders) at the first use of that one. The first ones stay prepared;
 * were there ever more, those are prepared anew each time.
 * @param name of the query, in the database and in the log
 * @param build the query in a shape
 */
export function shapesOf<Shape, B extends Builder>(
  name: string,
  build: (engine: Engine, shape: Shape) => B
): (engine: Engine, shape: Shape) => Statement<Rows<B>> {
  const prepared = new WeakMap<Engine, Map<string, Statement<unknown>>>()
  return (engine, shape) => {
    const known = prepared.get(engine) ?? new Map<string, Statement<unknown>>()
    prepared.set(engine, known)
    const key = JSON.stringify(shape)
    const isKept = known.size < MOST_SHAPES
    // PostgreSQL keeps what has a name for as long as the connection lasts.
    const statement =
      known.get(key) ?? statementOf(engine, isKept ? `${name}_${known.size}` : '', build(engine, shape))
    if (isKept) known.set(key, statement)
    return statement as Statement<Rows<B>>
  }
}

function statementOf(engine: Engine, name: string, builder: Builder): Statement<unknown> {
  const prepared = engine.prepare(builder, name)
  const failed = (error: unknown) => (error instanceof Problem ? error : new StatementFailed(name, error))
  return {
    async execute(values) {
      try {
        return await prepared.execute(values)
      } catch (error) {
        throw failed(error)
      }
    },
    async executeLong(values) {
      try {
        return await prepared.executeLong(values)
      } catch (error) {
        throw failed(error)
      }
    },
    with: values => ({
      name,
      run: before => prepared.run(typeof values === 'function' ? values(before) : values)
    })
  }
}

/** A value that is given when the statement runs, encoded as the column's values are. */
export const given = (column: Column, name: string): SQL => sql`${sql.param(sql.placeholder(name), column)}`

type Row<T extends Table> = { [Key in keyof T['$inferSelect'] & string]: Placeholder<Key> }

/** A whole row that is given when the statement runs: for each column, a value named as its property. */
export const givenRow = <T extends Table>(table: T): Row<T> =>
  Object.fromEntries(Object.keys(getTableColumns(table)).map(key => [key, sql.placeholder(key)])) as Row<T>

type Selection<T extends Table> = {
  [Key in keyof T['$inferSelect'] & string]: SQL.Aliased<T['$inferSelect'][Key]>
}

/** A whole row that is given likewise, to be selected: it is there only if what it is selected from is. */
export const givenSelection = <T extends Table>(table: T): Selection<T> =>
  Object.fromEntries(
    Object.entries(getTableColumns(table)).map(([key, column]) => [key, given(column, key).as(column.name)])
  ) as Selection<T>
