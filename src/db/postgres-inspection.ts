import pg from 'pg'
import { DatabaseError } from './failures.ts'
import { type Inspection, timeOf } from './inspection.ts'
import { pendingOf } from './migrations.ts'
import { appliedTo } from './postgres-migration.ts'

/** Milliseconds to wait for the server. */
const TIMEOUT = 3000

/**
 * Looks at a PostgreSQL database.
 * @throws {DatabaseError} when it cannot be reached, or has a newer schema than this program knows
 */
export async function inspectPostgres(url: string): Promise<Inspection> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: TIMEOUT,
    query_timeout: TIMEOUT
  })
  client.on('error', () => {})
  return lookInto(client)
    .catch(error => {
      throw new DatabaseError(`${client.host}:${client.port}: ${error.message}`)
    })
    .finally(() => client.end())
}

async function lookInto(client: pg.Client): Promise<Inspection> {
  await client.connect()
  const applied = await appliedTo(client)
  const { rows } = await client.query(
    `select current_setting('server_version') as version, current_setting('max_connections')::int as connections,
      extract(epoch from clock_timestamp()) * 1000 as clock`
  )
  const [{ version, connections, clock }] = rows
  const { rows: latest } = await client.query(
    applied ? 'select max(id) as id from events' : 'select null as id'
  )
  return {
    version: `PostgreSQL ${version}`,
    pending: pendingOf('postgres', applied).length,
    latestEvent: timeOf(latest[0].id),
    clock: new Date(Number(clock)),
    connections
  }
}
