import Database from 'better-sqlite3'
import { type Column, getTableColumns, type Table } from 'drizzle-orm'
import pg from 'pg'
import type { UserRow } from '../../src/auth/user.ts'
import { isPostgres } from '../../src/config/database-url.ts'
import { postgresKit, sqliteKit } from '../../src/db/columns.ts'
import { toSqlitePath } from '../../src/db/sqlite/engine.ts'
import { allTables } from '../../src/features.ts'
import type { TodoRow } from '../../src/todos/tables.ts'

/** Rows that are written at a time. */
const BATCH = 10_000

export interface FillData {
  readonly users: readonly UserRow[]
  readonly todos: Iterable<TodoRow>
  /** Receives the number of todos so far. */
  readonly onProgress: (todos: number) => void
}

/**
 * Fills the tables of a database that nobody has open. Indexes of todos are made again afterwards, which takes a fraction
 * of the time; triggers are too, and what they would have done is done at once.
 */
export const fill = (url: string, data: FillData): Promise<void> =>
  isPostgres(url) ? fillPostgres(url, data) : fillSqlite(toSqlitePath(url) as string, data)

/** A row as the driver takes it, under the names of the columns. */
function createEncoder(table: Table) {
  const columns = Object.entries(getTableColumns(table)).filter(([key]) => key !== 'seq') as [
    string,
    Column
  ][]
  const names = columns.map(([, { name }]) => name)
  const encode = (row: object) =>
    columns.map(([key, column]) => {
      const value = (row as Record<string, unknown>)[key] ?? null
      return value === null ? null : column.mapToDriverValue(value)
    })
  return { names, encode }
}

function* toBatches<Row>(rows: Iterable<Row>): Generator<Row[]> {
  let batch: Row[] = []
  for (const row of rows) {
    if (batch.push(row) < BATCH) continue
    yield batch
    batch = []
  }
  yield batch
}

async function fillSqlite(file: string, { users, todos, onProgress: told }: FillData) {
  const connection = new Database(file)
  // What is lost in a crash does not matter here.
  for (const setting of ['journal_mode = OFF', 'synchronous = OFF', 'cache_size = -200000'])
    connection.pragma(setting)
  const dropped = connection
    .prepare(
      "select type, name, sql from sqlite_master where tbl_name = 'todos' and type in ('index', 'trigger')"
    )
    .all() as { type: string; name: string; sql: string }[]
  for (const { type, name } of dropped) connection.exec(`drop ${type} ${name}`)

  const createInserter = (table: Table, name: string) => {
    const { names, encode } = createEncoder(table)
    const insert = connection.prepare(
      `insert into ${name} (${names.join()}) values (${names.map(() => '?').join()})`
    )
    return connection.transaction((rows: readonly object[]) => {
      for (const row of rows) insert.run(encode(row))
    })
  }
  createInserter(allTables(sqliteKit).users, 'users')(users)
  const insert = createInserter(allTables(sqliteKit).todos, 'todos')
  let count = 0
  for (const batch of toBatches(todos)) {
    insert(batch)
    count += batch.length
    told(count)
  }
  connection.exec('insert into todos_unindexed select user_id, seq from todos order by 1, 2')
  for (const { sql } of dropped) connection.exec(sql)
  connection.pragma('journal_mode = WAL')
  connection.close()
}

async function fillPostgres(url: string, { users, todos, onProgress: told }: FillData) {
  const client = new pg.Client(url)
  await client.connect()
  const { rows: dropped } = await client.query<{ indexname: string; indexdef: string }>(
    "select indexname, indexdef from pg_indexes where tablename = 'todos' and indexname <> 'todos_pkey'"
  )
  for (const { indexname } of dropped) await client.query(`drop index ${indexname}`)

  const createInserter = (table: Table, name: string) => {
    const { names, encode } = createEncoder(table)
    return (rows: readonly object[]) => {
      const values = rows
        .map(encode)
        .map(row => Object.fromEntries(row.map((value, at) => [names[at], value])))
      return client.query(
        `insert into ${name} (${names.join()}) select ${names.join()} from json_populate_recordset(null::${name}, $1)`,
        [JSON.stringify(values)]
      )
    }
  }
  await createInserter(allTables(postgresKit).users, 'users')(users)
  const insert = createInserter(allTables(postgresKit).todos, 'todos')
  let count = 0
  for (const batch of toBatches(todos)) {
    await insert(batch)
    count += batch.length
    told(count)
  }
  for (const { indexdef } of dropped) await client.query(indexdef)
  await client.query('vacuum analyze')
  await client.end()
}
