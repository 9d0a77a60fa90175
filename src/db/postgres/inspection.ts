import pg from 'pg'
import { DatabaseError } from '../errors.ts'
import { type Group, type Inspection, type Questions, toCreationTime } from '../inspection.ts'
import { readPendingMigrations } from '../migrations.ts'
import { type Connector, createConnector } from './connector.ts'
import { readLastMigrationTime } from './migration.ts'

/** Milliseconds to wait for an answer of the server. */
const QUERY_TIMEOUT = 3000

/**
 * Looks at a PostgreSQL database, on a connection as the service has it.
 * @throws {DatabaseError} when it cannot be reached, or has a newer schema than this program knows
 */
export async function inspectPostgres(url: string, questions: Questions): Promise<Inspection> {
  const connector = createConnector(url)
  const client = new pg.Client({ ...connector.clientConfig, query_timeout: QUERY_TIMEOUT })
  client.on('error', () => {})
  return inspect(client, connector, questions)
    .catch(error => {
      throw new DatabaseError(`${client.host}:${client.port}: ${error.message}`)
    })
    .finally(() => client.end())
}

async function inspect(
  client: pg.Client,
  { configure, begin, isPooled }: Connector,
  { datedTable, groups: groupQuery }: Questions
): Promise<Inspection> {
  await client.connect()
  await configure(client)
  await begin(client)
  const applied = await readLastMigrationTime(client)
  const { rows } = await client.query(
    `select current_setting('server_version') as version, extract(epoch from clock_timestamp()) * 1000 as clock,
      current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0) as connections`
  )
  const [{ version, connections, clock }] = rows
  const { rows: latest } = await client.query(
    applied ? `select max(id) as id from ${datedTable}` : 'select null as id'
  )
  const pendingMigrations = readPendingMigrations('postgres', applied).length
  const groups = pendingMigrations > 0 ? [] : (await client.query<Group>(groupQuery)).rows
  await client.query('commit')
  return {
    version: `PostgreSQL ${version}${isPooled() ? ' behind a pooler' : ''}`,
    pendingMigrations,
    groups,
    latestWrite: toCreationTime(latest[0].id),
    clock: new Date(Number(clock)),
    // Ours are those to the pooler then, which has limits of its own.
    ...(!isPooled() && { connections })
  }
}
