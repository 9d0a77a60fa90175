import { type Column, getTableColumns, type Placeholder, type SQL, sql, type Table } from 'drizzle-orm'
import type { Queries } from './sqlite.ts'
import type { Store } from './store.ts'

/**
 * Prepares a feature's statements once for each store, at their first use.
 * @param prepare builds the statements on the store's database
 */
export function statementsOf<Statements>(prepare: (db: Queries) => Statements): (store: Store) => Statements {
  const prepared = new WeakMap<Queries, Statements>()
  return ({ db }) => {
    const known = prepared.get(db)
    if (known) return known
    const statements = prepare(db)
    prepared.set(db, statements)
    return statements
  }
}

/** A value that is given when the statement runs, encoded as the column's values are. */
export const given = (column: Column, name: string): SQL => sql`${sql.param(sql.placeholder(name), column)}`

type Row<T extends Table> = { [Key in keyof T['$inferSelect'] & string]: Placeholder<Key> }

/** A whole row that is given when the statement runs: for each column, a value named as its property. */
export const givenRow = <T extends Table>(table: T): Row<T> =>
  Object.fromEntries(Object.keys(getTableColumns(table)).map(key => [key, sql.placeholder(key)])) as Row<T>
