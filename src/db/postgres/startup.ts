import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { DatabaseInfo, Logger } from '../engine.ts'
import { DatabaseError, isOutage } from '../errors.ts'
import type { Connector } from './connector.ts'
import { migrateDatabase, readLastMigrationTime } from './migration.ts'

/** Milliseconds between two tries to reach a database that is not there yet. */
const RETRY_INTERVAL = 500

/**
 * Waits for a database and brings it to the present schema: one instance of those that start together, while the others
 * wait. On a connection of its own, without a limit of time, for a migration may take long.
 * @param timeout milliseconds to wait for a database that is not there yet
 * @throws {DatabaseError} when it does not come up in time, refuses us, or has a newer schema than this program
 */
export async function connectAndMigrate(
  connector: Connector,
  log: Logger,
  timeout: number
): Promise<DatabaseInfo> {
  const client = await connectWithRetry(connector, log, timeout)
  try {
    const isNew = (await readLastMigrationTime(client)) === 0
    await migrateDatabase(client, log)
    const { database, host, port } = client
    return { database: `${database} at ${host}:${port}`, isNew }
  } finally {
    await client.end()
  }
}

/** After a power cut the database and the service start at once. */
async function connectWithRetry(
  { clientConfig, configure }: Connector,
  log: Logger,
  timeout: number
): Promise<pg.Client> {
  const deadline = performance.now() + timeout
  for (let attempt = 1; ; attempt += 1) {
    const client = new pg.Client(clientConfig)
    client.on('error', () => {})
    try {
      await client.connect()
      // A pooler may let us in though the server behind it is away.
      await configure(client)
      return client
    } catch (error) {
      void client.end()
      const server = `The database at ${client.host}:${client.port}`
      const timeoutText = `${timeout / 1000} s`
      const { message } = error as Error
      if (!isTemporaryFailure(error)) throw new DatabaseError(`${server} refuses us: ${message}`)
      if (performance.now() >= deadline)
        throw new DatabaseError(`${server} did not come up within ${timeoutText}: ${message}`)
      if (attempt === 1) log.warn(`${server} is not there yet; waiting for ${timeoutText}: ${message}`)
      await sleep(RETRY_INTERVAL)
    }
  }
}

/** Outages that are none at a start: the socket may not be opened, or what answers there does not speak TLS. */
const PERMANENT_CODES = /^(EACCES|EPERM|EPROTO)$/
/** The code by which a server refuses what it does not understand, and PgBouncer whatever it does not do, now or ever. */
const PROTOCOL_VIOLATION = '08P01'
/** What PgBouncer says while the server is away, or while all connections are taken; it quotes what the server said. */
const TEMPORARY_MESSAGES =
  /server_login|connect failed|timeout|starting up|shutting down|connections|too many clients|crashed/
const PERMANENT_MESSAGES = /does not exist|authentication failed|no pg_hba/

/** Whether the database may let us in a little later. */
export function isTemporaryFailure(error: unknown): boolean {
  const { code = '', message } = error as NodeJS.ErrnoException
  if (code === PROTOCOL_VIOLATION)
    return TEMPORARY_MESSAGES.test(message) && !PERMANENT_MESSAGES.test(message)
  return isOutage(error) && !PERMANENT_CODES.test(code)
}
