import { asc, count, sql } from 'drizzle-orm'
import type { BoundStatement, Engine } from './engine.ts'
import { DatabaseError } from './errors.ts'
import { type Tables, TRANSIENT_TABLES } from './schema.ts'

/** Rows that are read and written at a time. */
const BATCH_SIZE = 1000

type TableName = keyof Tables
/** Tables are alike in what matters here: they have an `id`, or a `seq` that each database gives by itself, and rows. */
type Table = Tables['todos']

/**
 * Copies every row of a SQLite database into an empty PostgreSQL one, in one transaction: all of them or none. Nothing
 * may write to either meanwhile.
 * @param onProgress is told of the rows of a table that have arrived so far
 * @returns how many rows of each table there are now
 * @throws {DatabaseError} when the target is not empty
 * @throws {StatementFailed} when it does not hold in the end what the source does
 */
export async function copyDatabase(
  source: Engine,
  target: Engine,
  onProgress: (name: TableName, rows: number) => void
): Promise<Record<TableName, number>> {
  const names = (Object.keys(source.tables) as TableName[]).filter(name => !TRANSIENT_TABLES.includes(name))
  for (const name of names)
    if ((await countRows(target, name)) > 0)
      throw new DatabaseError(`The target is not empty: it has ${name}.`)

  const sizes = await target.atomically(
    ...names.map(name => createTableCopy(name, source, target, onProgress))
  )
  return Object.fromEntries(names.map((name, index) => [name, sizes[index]])) as Record<TableName, number>
}

function createTableCopy(
  name: TableName,
  source: Engine,
  target: Engine,
  onProgress: (name: TableName, rows: number) => void
): BoundStatement<number> {
  async function run() {
    const targetTable = target.tables[name] as unknown as Table
    let copied = 0
    for await (const rows of readBatches(source, name)) {
      await target.db
        .insert(targetTable)
        .values(rows.map(({ seq, ...row }) => row))
        .execute()
      copied += rows.length
      onProgress(name, copied)
    }
    const [expected, actual] = [await countRows(source, name), await countRows(target, name)]
    if (actual !== expected) throw new DatabaseError(`only ${actual} of ${expected} arrived; none is kept`)
    return actual
  }
  return { name, run }
}

async function countRows({ db, tables }: Engine, name: TableName): Promise<number> {
  const [row] = await db.select({ size: count() }).from(tables[name]).execute()
  return Number(row?.size)
}

async function* readBatches({ db, tables }: Engine, name: TableName) {
  const table = tables[name] as unknown as Table
  const [key, start] = table.seq ? [table.seq, 0] : [table.id, '']
  const page = (after: string | number) =>
    db.select().from(table).where(sql`${key} > ${after}`).orderBy(asc(key)).limit(BATCH_SIZE)
  let rows = await page(start)
  for (let last = rows.at(-1); last; last = rows.at(-1)) {
    yield rows
    rows = await page(last.seq ?? last.id)
  }
}
