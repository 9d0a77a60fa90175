import { setTimeout as sleep } from 'node:timers/promises'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import type { Log, Opened } from './engine.ts'
import { DatabaseError, isOutage } from './failures.ts'
import { folderOf, pendingOf } from './migrations.ts'

/** Milliseconds between two tries to reach a database that is not there yet. */
const PAUSE = 500
/** The advisory lock of whoever migrates: any number that is no other program's ("latchkey" in ASCII, cut to 63 bits). */
const MIGRATION_LOCK = '7809927465474155897'

/**
 * Waits for a database and brings it to the present schema: one instance of those that start together, while the others
 * wait. On a connection of its own, without a limit of time, for a migration may take long.
 * @param timeout milliseconds to wait for a database that is not there yet
 * @throws {DatabaseError} when it does not come up in time, refuses us, or has a newer schema than this program
 */
export async function prepareDatabase(settings: pg.ClientConfig, log: Log, timeout: number): Promise<Opened> {
  const client = await connected(settings, log, timeout)
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    const applied = await appliedTo(client)
    const pending = pendingOf('postgres', applied)
    // Asked for nothing, it would still ask for the right to make schemas.
    if (pending.length > 0) await migrate(drizzle(client), { migrationsFolder: folderOf('postgres') })
    const { database, host, port } = client
    return { database: `${database} at ${host}:${port}`, isNew: applied === 0 }
  } finally {
    // Ends the lock, too.
    await client.end()
  }
}

/** After a power cut the database and the service start at once. */
async function connected(settings: pg.ClientConfig, log: Log, timeout: number): Promise<pg.Client> {
  const deadline = performance.now() + timeout
  for (let attempt = 1; ; attempt += 1) {
    const client = new pg.Client(settings)
    client.on('error', () => {})
    try {
      await client.connect()
      return client
    } catch (error) {
      const place = `The database at ${client.host}:${client.port}`
      const limit = `${timeout / 1000} s`
      const { message } = error as Error
      if (!isOutage(error)) throw new DatabaseError(`${place} refuses us: ${message}`)
      if (performance.now() >= deadline)
        throw new DatabaseError(`${place} did not come up within ${limit}: ${message}`)
      if (attempt === 1) log.warn(`${place} is not there yet; waiting for ${limit}: ${message}`)
      await sleep(PAUSE)
    }
  }
}

/** When the last migration that the database has was made, in milliseconds since 1970; 0 for an empty one. */
export async function appliedTo(client: pg.Client): Promise<number> {
  const { rows } = await client.query("select to_regclass('drizzle.__drizzle_migrations') as name")
  if (!rows[0].name) return 0
  const latest = await client.query('select max(created_at) as latest from drizzle.__drizzle_migrations')
  return Number(latest.rows[0].latest)
}
