import { asc, count, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { BoundStatement } from './bound-statement.ts'
import type { Engine } from './engine.ts'
import { DatabaseError } from './errors.ts'
import { getPrimaryKey, type TableDefinition, type Tables } from './tables.ts'

/** Rows that are read and written at a time. */
const BATCH_SIZE = 1000

/**
 * Copies every row of a SQLite database into an empty PostgreSQL one, in one transaction: all of them or none. Nothing
 * may write to either meanwhile.
 * @param tables what is copied; each table comes after those that it refers to
 * @param onProgress gets the rows of a table that have arrived so far
 * @returns how many rows of each table there are now
 * @throws {DatabaseError} when the target is not empty
 * @throws {StatementError} when the target does not hold in the end what the source does
 */
export async function copyDatabase(
  source: Engine,
  target: Engine,
  tables: TableDefinition<Tables>,
  onProgress: (name: string, rows: number) => void
): Promise<Record<string, number>> {
  const names = Object.keys(tables(source.kit))
  for (const name of names)
    if ((await countRows(target, getTable(target, name))) > 0)
      throw new DatabaseError(`The target is not empty: it has ${name}.`)

  const sizes = await target.atomically(...names.map(createTableCopy))
  return Object.fromEntries(names.map((name, index) => [name, sizes[index] as number]))

  function getTable({ kit }: Engine, name: string): PgTable {
    return tables(kit)[name] as PgTable
  }

  function createTableCopy(name: string): BoundStatement<number> {
    const [sourceTable, targetTable] = [getTable(source, name), getTable(target, name)]
    async function run() {
      let copied = 0
      for await (const rows of readBatches(source, sourceTable)) {
        await target.db
          .insert(targetTable)
          .values(rows.map(({ seq, ...row }) => row))
          .execute()
        copied += rows.length
        onProgress(name, copied)
      }
      const [expected, actual] = [await countRows(source, sourceTable), await countRows(target, targetTable)]
      if (actual !== expected) throw new DatabaseError(`only ${actual} of ${expected} arrived; none is kept`)
      return actual
    }
    return { name, run }
  }
}

async function countRows({ db }: Engine, table: PgTable): Promise<number> {
  const [row] = await db.select({ size: count() }).from(table).execute()
  return Number(row?.size)
}

async function* readBatches({ db }: Engine, table: PgTable) {
  const [keyName, key] = getPrimaryKey(table)
  const readPage = (condition?: SQL) =>
    db.select().from(table).where(condition).orderBy(asc(key)).limit(BATCH_SIZE)
  let rows = await readPage()
  for (let last = rows.at(-1); last; last = rows.at(-1)) {
    yield rows
    rows = await readPage(sql`${key} > ${last[keyName]}`)
  }
}
