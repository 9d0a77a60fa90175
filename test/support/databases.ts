import { getTableName } from 'drizzle-orm'
import pg from 'pg'
import root, { type Test } from 'tap'
import { postgresKit } from '../../src/db/columns.ts'
import { allTables } from '../../src/features.ts'
import { POSTGRES_GUARD } from './sequence-guard.ts'

/** A server on which the user may do everything; without it the tests run on SQLite. */
const SERVER = process.env.TEST_DATABASE_URL

const created: string[] = []
const idle: string[] = []

/** A database without rows that is the test's own until it ends. This file's next test gets it then, emptied. */
export async function emptyDatabase(t: Test): Promise<string> {
  if (!SERVER) return ':memory:'
  const url = idle.pop() ?? (await createDatabase(SERVER))
  t.teardown(async () => {
    // The users first, with whom all goes that is theirs. Of few rows it is quicker than `truncate`.
    const { users, ...others } = allTables(postgresKit)
    const names = [users, ...Object.values(others)].map(getTableName)
    await query(url, names.map(name => `delete from ${name}`).join(';'))
    idle.push(url)
  })
  return url
}

/**
 * A database without tables, gone when this file's tests have ended.
 * @param guard what refuses wrong writes; empty for what copies rows as they are
 */
export async function createDatabase(server: string, guard = POSTGRES_GUARD): Promise<string> {
  if (created.length === 0) root.teardown(() => dropAll(server))
  const name = `latchkey_test_${process.pid}_${created.length}`
  created.push(name)
  await query(server, `create database ${name}`)
  const url = Object.assign(new URL(server), { pathname: name }).href
  await query(url, guard)
  return url
}

async function dropAll(server: string) {
  for (const name of created) await query(server, `drop database if exists ${name} with (force)`)
}

export async function query(url: string, statement: string, values: unknown[] = []) {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(statement, values)).rows
  } finally {
    await client.end()
  }
}
