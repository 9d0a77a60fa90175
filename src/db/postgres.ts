import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { postgresColumns } from './columns.ts'
import type { Engine, Log, RowsOf, Step } from './engine.ts'
import { DatabaseError, isOutage, StatementFailed } from './failures.ts'
import { folderOf, pendingOf } from './migrations.ts'
import { tablesOf } from './schema.ts'

/** Milliseconds that a request waits for a connection: for one of the pool to be free, or for a new one. */
const CONNECTION_TIMEOUT = 3000
/** Milliseconds after which the server gives a statement up. */
const STATEMENT_TIMEOUT = 5000
/** Milliseconds after which we give up a server that says nothing at all, not even that it gave up. */
const SILENCE_TIMEOUT = 7000
/** Milliseconds after which the server ends a transaction whose program has gone quiet. */
const IDLE_TRANSACTION_TIMEOUT = 5000
/** Milliseconds to wait at the start for a database that is not there yet, and between two tries. */
const START_TIMEOUT = 30_000
const START_PAUSE = 500
/** The advisory lock of whoever migrates: "latchkey" as a number, which no other program is likely to take. */
const MIGRATION_LOCK = '7809651199139603833'

export const postgresTables = tablesOf(postgresColumns)

export interface PostgresOptions {
  readonly url: string
  /** The most connections to have open at a time. */
  readonly poolMax: number
  readonly log: Log
}

/**
 * Opens a PostgreSQL database and migrates it to the present schema if need be.
 * @throws {DatabaseError} when it does not come up in time, or has a newer schema than this program
 */
export async function openPostgres({ url, poolMax, log }: PostgresOptions): Promise<Engine> {
  const settings = {
    connectionString: url,
    fallback_application_name: 'latchkey',
    connectionTimeoutMillis: CONNECTION_TIMEOUT,
    keepAlive: true,
    // Instants arrive as text; this is the form of it that we read, whatever the database prefers.
    options: '-c DateStyle=ISO -c TimeZone=UTC'
  }
  await prepareDatabase(settings, log)

  const pool = new pg.Pool({
    ...settings,
    max: poolMax,
    statement_timeout: STATEMENT_TIMEOUT,
    query_timeout: SILENCE_TIMEOUT,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT
  })
  // Without these two listeners a connection that is cut ends the process: the first hears of idle connections, the
  // second of those in use, whose failure the statement under way reports as well.
  pool.on('error', error => log.warn(`A connection to the database was lost: ${error.message}`))
  pool.on('connect', client => client.on('error', () => {}))

  const inTransaction = new AsyncLocalStorage<pg.PoolClient>()
  const query = (config: pg.QueryArrayConfig, values: unknown[]) =>
    (inTransaction.getStore() ?? pool).query(config, values)
  let closing: Promise<void> | undefined

  return {
    // Of a client, Drizzle calls `query` only, as long as no transaction is its own.
    db: drizzle({ query } as unknown as pg.Pool),
    tables: postgresTables,
    async atomically<Steps extends readonly Step[]>(...steps: Steps) {
      try {
        return (await transaction(pool, client => inTransaction.run(client, runAll, steps))) as RowsOf<Steps>
      } catch (error) {
        throw new StatementFailed(steps.map(({ name }) => name).join(' + '), error)
      }
    },
    ping: async () => {
      await pool.query('select count(*) from users where id is null')
    },
    close: () => {
      closing ??= pool.end()
      return closing
    }
  }
}

async function transaction<Result>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<Result>) {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const result = await work(client)
    await client.query('commit')
    client.release()
    return result
  } catch (error) {
    // A connection that cannot even roll back is given up, which rolls back as well.
    const isBroken = await client.query('rollback').then(
      () => false,
      () => true
    )
    client.release(isBroken)
    throw error
  }
}

async function runAll(steps: readonly Step[]): Promise<unknown[]> {
  const results: unknown[] = []
  for (const step of steps) results.push(await step.run())
  return results
}

/** On a connection of its own, without a limit of time: a migration may take long, and others wait for it. */
async function prepareDatabase(settings: pg.ClientConfig, log: Log) {
  const client = await connected(settings, log)
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    const pending = pendingOf('postgres', await appliedTo(client))
    // Asked for nothing, it would still ask for the right to make schemas.
    if (pending.length > 0) await migrate(drizzle(client), { migrationsFolder: folderOf('postgres') })
  } finally {
    // Ends the lock, too.
    await client.end()
  }
}

/** Waits for a database that is not there yet: after a power cut both start at once. */
async function connected(settings: pg.ClientConfig, log: Log): Promise<pg.Client> {
  const deadline = Date.now() + START_TIMEOUT
  for (let attempt = 1; ; attempt += 1) {
    const client = new pg.Client(settings)
    client.on('error', () => {})
    try {
      await client.connect()
      return client
    } catch (error) {
      const place = `The database at ${client.host}:${client.port}`
      const { message } = error as Error
      if (!isOutage(error)) throw new DatabaseError(`${place} refuses us: ${message}`)
      if (Date.now() >= deadline)
        throw new DatabaseError(`${place} did not come up within ${START_TIMEOUT / 1000} s: ${message}`)
      if (attempt === 1)
        log.warn(`${place} is not there yet; waiting for ${START_TIMEOUT / 1000} s: ${message}`)
      await sleep(START_PAUSE)
    }
  }
}

async function appliedTo(client: pg.Client): Promise<number> {
  const { rows } = await client.query("select to_regclass('drizzle.__drizzle_migrations') as name")
  if (!rows[0].name) return 0
  const latest = await client.query('select max(created_at) as latest from drizzle.__drizzle_migrations')
  return Number(latest.rows[0].latest)
}
