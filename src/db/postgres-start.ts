import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Log, Opened } from './engine.ts'
import { DatabaseError, isOutage } from './failures.ts'
import type { Route } from './postgres-connection.ts'
import { appliedTo, migrateDatabase } from './postgres-migration.ts'

/** Milliseconds between two tries to reach a database that is not there yet. */
const PAUSE = 500

/**
 * Waits for a database and brings it to the present schema: one instance of those that start together, while the others
 * wait. On a connection of its own, without a limit of time, for a migration may take long.
 * @param timeout milliseconds to wait for a database that is not there yet
 * @throws {DatabaseError} when it does not come up in time, refuses us, or has a newer schema than this program
 */
export async function prepareDatabase(route: Route, log: Log, timeout: number): Promise<Opened> {
  const client = await connected(route, log, timeout)
  try {
    const isNew = (await appliedTo(client)) === 0
    await migrateDatabase(client, log)
    const { database, host, port } = client
    return { database: `${database} at ${host}:${port}`, isNew }
  } finally {
    await client.end()
  }
}

/** After a power cut the database and the service start at once. */
async function connected({ settings, setUp }: Route, log: Log, timeout: number): Promise<pg.Client> {
  const deadline = performance.now() + timeout
  for (let attempt = 1; ; attempt += 1) {
    const client = new pg.Client(settings)
    client.on('error', () => {})
    try {
      await client.connect()
      // A pooler may let us in though the server behind it is away.
      await setUp(client)
      return client
    } catch (error) {
      void client.end()
      const place = `The database at ${client.host}:${client.port}`
      const limit = `${timeout / 1000} s`
      const { message } = error as Error
      if (!mayComeUp(error)) throw new DatabaseError(`${place} refuses us: ${message}`)
      if (performance.now() >= deadline)
        throw new DatabaseError(`${place} did not come up within ${limit}: ${message}`)
      if (attempt === 1) log.warn(`${place} is not there yet; waiting for ${limit}: ${message}`)
      await sleep(PAUSE)
    }
  }
}

/** Outages that are none at a start: the socket may not be opened, or what answers there does not speak TLS. */
const REFUSED = /^(EACCES|EPERM|EPROTO)$/
/** The code by which a server refuses what it does not understand, and PgBouncer whatever it does not do, now or ever. */
const PROTOCOL_VIOLATION = '08P01'
/** What PgBouncer says while the server is away, or while all connections are taken; it quotes what the server said. */
const NOT_NOW =
  /server_login|connect failed|timeout|starting up|shutting down|connections|too many clients|crashed/
const NEVER = /does not exist|authentication failed|no pg_hba/

/** Whether the database may let us in a little later. */
export function mayComeUp(error: unknown): boolean {
  const { code = '', message } = error as NodeJS.ErrnoException
  if (code === PROTOCOL_VIOLATION) return NOT_NOW.test(message) && !NEVER.test(message)
  return isOutage(error) && !REFUSED.test(code)
}
