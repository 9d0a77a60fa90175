import { join } from 'node:path'
import Database from 'better-sqlite3'
import pg from 'pg'
import type { Test } from 'tap'
import { readPendingMigrations } from '../../src/db/migrations.ts'
import { createDatabase } from './databases.ts'

const SERVER = process.env.TEST_DATABASE_URL

/** The user of such a database. */
export const OLD_USER = '01a20996-fb6c-78b7-96ed-227b58a269d2'

/** A row as the first schema has it, without the numbers that the database gives. Instants are dates. */
export type OldRow = Readonly<Record<string, string | number | boolean | Date | null>>

/**
 * Makes a database that has the first migration only, with a user and todos.
 * @param rows of todos, which have the same columns
 * @returns its URL
 */
export async function createOldDatabase(t: Test, rows: readonly OldRow[]): Promise<string> {
  const user = {
    id: OLD_USER,
    username: 'a',
    username_key: 'a',
    email: 'a',
    email_key: 'a',
    password_hash: '',
    created_at: new Date(0)
  }
  const [first] = readPendingMigrations(SERVER ? 'postgres' : 'sqlite', 0)
  if (!first) throw new Error('There is no migration.')
  const { sql, folderMillis } = first
  if (SERVER) {
    const url = await createDatabase(SERVER, '')
    const client = new pg.Client(url)
    await client.connect()
    const migrations = 'drizzle.__drizzle_migrations'
    await client.query(
      `${sql.join(';')}; create schema drizzle;
       create table ${migrations} (id serial primary key, hash text not null, created_at bigint);
       insert into ${migrations} (hash, created_at) values ('', ${folderMillis})`
    )
    await client.query('begin')
    await client.query(
      insertRow('users', user, index => `$${index + 1}`),
      Object.values(user)
    )
    for (const row of rows)
      await client.query(
        insertRow('todos', row, index => `$${index + 1}`),
        Object.values(row)
      )
    await client.query('commit')
    await client.end()
    return url
  }
  const file = join(t.testdir(), 'old.db')
  const connection = new Database(file)
  connection.exec(
    `${sql.join('')}; create table __drizzle_migrations (id integer primary key, hash text not null, created_at numeric);
     insert into __drizzle_migrations (hash, created_at) values ('', ${folderMillis}); begin`
  )
  connection.prepare(insertRow('users', user, () => '?')).run(Object.values(user).map(toSqlite))
  for (const row of rows)
    connection.prepare(insertRow('todos', row, () => '?')).run(Object.values(row).map(toSqlite))
  connection.exec('commit')
  connection.close()
  return `file:${file}`
}

const insertRow = (table: string, row: OldRow, toParam: (index: number) => string) =>
  `insert into ${table} (${Object.keys(row)}) values (${Object.keys(row).map((_, index) => toParam(index))})`

function toSqlite(value: OldRow[string]): string | number | null {
  if (value instanceof Date) return value.getTime()
  return typeof value === 'boolean' ? Number(value) : value
}
