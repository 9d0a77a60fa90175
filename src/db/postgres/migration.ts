import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Logger } from '../engine.ts'
import { DatabaseError } from '../errors.ts'
import { readPendingMigrations } from '../migrations.ts'

/** The advisory lock of whoever migrates: any number that is no other program's ("latchkey" in ASCII, reversed). */
export const MIGRATION_LOCK = '8747515947326398828'
/** Milliseconds that a try waits for a lock. Meanwhile whoever needs the same table waits behind it. */
const LOCK_TIMEOUT = 2000
/** Milliseconds between two tries, in which the others go on. */
const RETRY_INTERVAL = 3000
/** Milliseconds to wait for locks in all, unless told otherwise: as long as another one's migration may take. */
const MIGRATION_TIMEOUT = 600_000
/** What the server says when a lock was not to be had in time. */
const LOCK_NOT_AVAILABLE = '55P03'

// As Drizzle's own migrator has it, which would ask in a transaction of its own.
export const MIGRATIONS_TABLE = 'drizzle.__drizzle_migrations'
const CREATE_MIGRATIONS_TABLE = `create schema if not exists drizzle;
  create table if not exists ${MIGRATIONS_TABLE} (id serial primary key, hash text not null, created_at bigint)`

/**
 * Brings a database to the present schema, in one transaction and under a lock that ends with it, so that a pooler cannot
 * part them. A database that has it already is left alone, whoever holds the lock.
 * @param timeout milliseconds to wait for locks that others hold
 * @throws {DatabaseError} when it is locked for too long, or has a newer schema than this program
 */
export async function migrateDatabase(
  client: pg.ClientBase,
  log: Logger,
  timeout = MIGRATION_TIMEOUT
): Promise<void> {
  const startedAt = performance.now()
  while (!(await tryMigrate(client))) {
    const waited = performance.now() - startedAt
    const seconds = Math.round(waited / 1000)
    if (waited >= timeout)
      throw new DatabaseError(`The database could not be migrated: others have locked it for ${seconds} s.`)
    log.warn(
      `Waiting to migrate the database, which others have locked for ${seconds} s: another instance that migrates it, or a session that uses its tables`
    )
    await sleep(RETRY_INTERVAL)
  }
}

/** @returns whether the schema is the present one now; if not, others hold a lock */
async function tryMigrate(client: pg.ClientBase): Promise<boolean> {
  try {
    // Each statement sees what was committed before it, so also what the one did who had the lock before.
    await client.query(
      `begin isolation level read committed; set local lock_timeout = ${LOCK_TIMEOUT}; set local statement_timeout = 0`
    )
    if (readPendingMigrations('postgres', await readLastMigrationTime(client)).length > 0)
      await migrate(client)
    await client.query('commit')
    return true
  } catch (error) {
    await client.query('rollback').catch(() => {})
    if ((error as pg.DatabaseError).code === LOCK_NOT_AVAILABLE) return false
    throw error
  }
}

async function migrate(client: pg.ClientBase) {
  await client.query(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`)
  const pending = readPendingMigrations('postgres', await readLastMigrationTime(client))
  // Asked for nothing, it would still ask for the right to make schemas.
  if (pending.length > 0) await client.query(CREATE_MIGRATIONS_TABLE)
  for (const { sql, hash, folderMillis } of pending) {
    for (const statement of sql) await client.query(statement)
    await client.query(`insert into ${MIGRATIONS_TABLE} (hash, created_at) values ($1, $2)`, [
      hash,
      folderMillis
    ])
  }
}

/** When the last migration that the database has was made, in milliseconds since 1970; 0 for an empty one. */
export async function readLastMigrationTime(client: pg.ClientBase): Promise<number> {
  // Not `to_regclass`: what that does not find once, it does not look for again in the same transaction.
  const { rows } = await client.query(
    `select from pg_tables where schemaname || '.' || tablename = '${MIGRATIONS_TABLE}'`
  )
  if (rows.length === 0) return 0
  const latest = await client.query(`select max(created_at) as latest from ${MIGRATIONS_TABLE}`)
  return Number(latest.rows[0].latest)
}
