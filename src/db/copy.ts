import { asc, count, sql } from 'drizzle-orm'
import type { Engine, Step } from './engine.ts'
import { DatabaseError } from './failures.ts'
import { PASSING, type Tables } from './schema.ts'

/** Rows that are read and written at a time. */
const BATCH = 1000

type Name = keyof Tables
/** Tables are alike in what matters here: they have an `id`, or a `seq` that each database gives by itself, and rows. */
type Table = Tables['todos']

/**
 * Copies every row of a SQLite database into an empty PostgreSQL one, in one transaction: all of them or none. Nothing
 * may write to either meanwhile.
 * @param told is told of the rows of a table that have arrived so far
 * @returns how many rows of each table there are now
 * @throws {DatabaseError} when the target is not empty
 * @throws {StatementFailed} when it does not hold in the end what the source does
 */
export async function copyDatabase(
  from: Engine,
  to: Engine,
  told: (name: Name, rows: number) => void
): Promise<Record<Name, number>> {
  const names = (Object.keys(from.tables) as Name[]).filter(name => !PASSING.includes(name))
  for (const name of names)
    if ((await sizeOf(to, name)) > 0) throw new DatabaseError(`The target is not empty: it has ${name}.`)

  const sizes = await to.atomically(...names.map(name => copyOf(name, from, to, told)))
  return Object.fromEntries(names.map((name, index) => [name, sizes[index]])) as Record<Name, number>
}

function copyOf(
  name: Name,
  from: Engine,
  to: Engine,
  told: (name: Name, rows: number) => void
): Step<number> {
  async function run() {
    const target = to.tables[name] as unknown as Table
    let arrived = 0
    for await (const rows of batches(from, name)) {
      await to.db
        .insert(target)
        .values(rows.map(({ seq, ...row }) => row))
        .execute()
      arrived += rows.length
      told(name, arrived)
    }
    const [expected, actual] = [await sizeOf(from, name), await sizeOf(to, name)]
    if (actual !== expected) throw new DatabaseError(`only ${actual} of ${expected} arrived; none is kept`)
    return actual
  }
  return { name, run }
}

async function sizeOf({ db, tables }: Engine, name: Name): Promise<number> {
  const [row] = await db.select({ size: count() }).from(tables[name]).execute()
  return Number(row?.size)
}

async function* batches({ db, tables }: Engine, name: Name) {
  const table = tables[name] as unknown as Table
  const [key, start] = table.seq ? [table.seq, 0] : [table.id, '']
  const page = (after: string | number) =>
    db.select().from(table).where(sql`${key} > ${after}`).orderBy(asc(key)).limit(BATCH)
  let rows = await page(start)
  for (let last = rows.at(-1); last; last = rows.at(-1)) {
    yield rows
    rows = await page(last.seq ?? last.id)
  }
}
