import { AsyncLocalStorage } from 'node:async_hooks'
import { getTableName, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { createKeyedQueue } from '../../process/keyed-queue.ts'
import { assertAffected, type BoundStatement, type ResultsOf, type Rows } from '../bound-statement.ts'
import { postgresKit } from '../columns.ts'
import {
  type Engine,
  type Logger,
  MAX_WAITING_PER_USER,
  type Params,
  type Search,
  type SearchedColumns
} from '../engine.ts'
import { isDeadlock, toTransactionError } from '../errors.ts'
import { batchReads } from '../read-batches.ts'
import { openPostgresBroadcast } from './broadcast.ts'
import { type Connector, createConnector, QUERY_TIMEOUT } from './connector.ts'
import { jsonElements } from './json-elements.ts'
import { MIGRATIONS_TABLE } from './migration.ts'
import { connectAndMigrate } from './startup.ts'

/** Milliseconds to wait at the start, unless told otherwise. */
const START_TIMEOUT = 30_000

/** How often a transaction is tried that is undone for the sake of another one. */
const MAX_ATTEMPTS = 5

/** The part of the connections that long reads of one user may take. */
const LONG_READ_SHARE = 0.2

/** Long enough to need room, and gone with the end of the one transaction that several statements without values are. */
const PROBE_QUERY = `insert into ${MIGRATIONS_TABLE} (hash) select string_agg(md5(n::text), '') from generate_series(1, 1000) n;
  delete from ${MIGRATIONS_TABLE} where created_at is null`

export interface PostgresOptions {
  readonly url: string
  /** The most connections to have open at a time. */
  readonly poolMax: number
  readonly log: Logger
  /** Milliseconds to wait at the start for a database that is not there yet. */
  readonly startTimeout?: number
}

/**
 * Opens a PostgreSQL database and migrates it to the present schema if need be.
 * @throws {DatabaseError} when it does not come up in time, or has a newer schema than this program
 */
export async function openPostgres({
  url,
  poolMax,
  log,
  startTimeout = START_TIMEOUT
}: PostgresOptions): Promise<Engine> {
  const connector = createConnector(url)
  const databaseInfo = await connectAndMigrate(connector, log, startTimeout)

  const pool = new pg.Pool({
    ...connector.clientConfig,
    max: poolMax,
    query_timeout: QUERY_TIMEOUT,
    onConnect: connector.configure
  })
  // Without these two listeners a connection that is cut ends the process: the first hears of idle connections, the
  // second of those in use, whose failure the statement under way reports as well.
  pool.on('error', error => log.warn(`A connection to the database was lost: ${error.message}`))
  pool.on('connect', client => client.on('error', () => {}))

  const transactionClient = new AsyncLocalStorage<pg.PoolClient>()
  function query(statement: pg.QueryArrayConfig, values: unknown[]) {
    const currentClient = transactionClient.getStore()
    if (currentClient) return connector.runInTransaction(currentClient, statement, values)
    return withConnection(pool, client => connector.runAutocommit(client, statement, values))
  }
  const queueForUser = createKeyedQueue(
    Math.max(1, Math.floor(poolMax * LONG_READ_SHARE)),
    MAX_WAITING_PER_USER
  )
  // Of a client, Drizzle calls `query` only, as long as no transaction is its own.
  const db = drizzle({ query } as unknown as pg.Pool)
  let closing: Promise<void> | undefined

  return {
    databaseInfo,
    db,
    kit: postgresKit,
    // To ask whether a row is as it was takes as long as to read it.
    cached: (read, _invalidations, maxIds) => batchReads(read, maxIds),
    prepare(builder, name) {
      const prepared = builder.prepare(name)
      const execute = (params?: Params) => prepared.execute(params)
      return {
        execute,
        executeLong: params => queueForUser(params.userId, () => execute(params)),
        run: execute
      }
    },
    nextValue: ({ table, name }) =>
      sql`nextval(pg_get_serial_sequence(${sql.raw(`'${getTableName(table)}', '${name}'`)}))`,
    precede({ query, column }) {
      const first = db.$with('first', {}).as(query.getSQL())
      return {
        db: { ...db.with(first), select: db.select.bind(db) },
        // A subquery, not a join: it has its value before the second write locks a row, and keeps it should that row have
        // been changed meanwhile. PostgreSQL would run a join again then, and refuse the write in it.
        value: sql`(select ${sql.identifier(column)} from ${sql.identifier('first')})`,
        prepare(builder, name) {
          const prepared = builder.prepare(name)
          return { run: params => prepared.execute(params) }
        }
      }
    },
    async atomically<Statements extends readonly BoundStatement[]>(...statements: Statements) {
      try {
        // A statement by itself is a transaction, without the two round trips more.
        const isSingle = statements.length === 1
        const run = () =>
          isSingle
            ? runAll(statements)
            : withTransaction(pool, connector, client => transactionClient.run(client, runAll, statements))
        return (await retryDeadlocks(run)) as ResultsOf<Statements>
      } catch (error) {
        throw toTransactionError(statements, error)
      }
    },
    createSearch,
    jsonElements,
    queueForUser,
    ping: async () => {
      await query({ text: `select count(*) from ${MIGRATIONS_TABLE} where id is null`, rowMode: 'array' }, [])
    },
    async probeWrite() {
      await withConnection(pool, client => client.query(PROBE_QUERY))
    },
    openBroadcast: (listener, random) => openPostgresBroadcast({ connector, log, random }, listener),
    connections: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => {
      closing ??= pool.end()
      return closing
    }
  }
}

/** Full-text search in PostgreSQL, by the index on the same expression that the migration of the table makes. */
function createSearch({ terms }: SearchedColumns): Search {
  const condition = sql`array_to_tsvector(string_to_array(${terms}, ' ')) @@ ${sql.placeholder('terms')}::tsquery`
  return {
    condition,
    unindexedCondition: condition,
    // Terms have no spaces, quotes and backslashes: in quotes they need no escaping.
    toParams: ({ exactTerms, prefixTerms }) => ({
      terms: [
        ...exactTerms.map(term => `'${term}'`),
        ...prefixTerms.map(forms => `(${forms.map(term => `'${term}':*`).join(' | ')})`)
      ].join(' & ')
    }),
    catchUpIndex: async () => {}
  }
}

/** Runs a transaction anew that PostgreSQL has undone because it and another one waited for each other. */
async function retryDeadlocks<Result>(run: () => Promise<Result>, attempts = MAX_ATTEMPTS): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    if (attempts === 1 || !isDeadlock(error)) throw error
    return retryDeadlocks(run, attempts - 1)
  }
}

async function withConnection<Result>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<Result>) {
  const client = await pool.connect()
  try {
    const result = await work(client)
    client.release()
    return result
  } catch (error) {
    client.release(true)
    throw error
  }
}

async function withTransaction<Result>(
  pool: pg.Pool,
  { begin }: Connector,
  work: (client: pg.PoolClient) => Promise<Result>
) {
  const client = await pool.connect()
  try {
    await begin(client)
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

async function runAll(statements: readonly BoundStatement[]): Promise<unknown[]> {
  const results: Rows[] = []
  for (const statement of statements)
    results.push(assertAffected(statement as BoundStatement<Rows>, (await statement.run(results)) as Rows))
  return results
}
