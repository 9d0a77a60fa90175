import { AsyncLocalStorage } from 'node:async_hooks'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { postgresColumns } from './columns.ts'
import {
  type Engine,
  type Found,
  found,
  type Log,
  type RowsOf,
  type Search,
  type Step,
  StepMissed,
  type Values
} from './engine.ts'
import { StatementFailed } from './failures.ts'
import { longReadsOf } from './long-reads.ts'
import { type Route, routeTo, SILENCE_TIMEOUT } from './postgres-connection.ts'
import { MIGRATIONS } from './postgres-migration.ts'
import { prepareDatabase } from './postgres-start.ts'
import { inBatches } from './read-batches.ts'
import { tablesOf } from './schema.ts'

/** Milliseconds to wait at the start, unless told otherwise. */
const START_TIMEOUT = 30_000

/** The part of the connections that long reads of one user may take. */
const LONG_SHARE = 0.2

export const postgresTables = tablesOf(postgresColumns)

/** Long enough to need room, and gone with the end of the one transaction that several statements without values are. */
const PROBE = `insert into ${MIGRATIONS} (hash) select string_agg(md5(n::text), '') from generate_series(1, 1000) n;
  delete from ${MIGRATIONS} where created_at is null`

export interface PostgresOptions {
  readonly url: string
  /** The most connections to have open at a time. */
  readonly poolMax: number
  readonly log: Log
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
  const route = routeTo(url)
  const opened = await prepareDatabase(route, log, startTimeout)

  const pool = new pg.Pool({
    ...route.settings,
    max: poolMax,
    query_timeout: SILENCE_TIMEOUT,
    onConnect: route.setUp
  })
  // Without these two listeners a connection that is cut ends the process: the first hears of idle connections, the
  // second of those in use, whose failure the statement under way reports as well.
  pool.on('error', error => log.warn(`A connection to the database was lost: ${error.message}`))
  pool.on('connect', client => client.on('error', () => {}))

  const inTransaction = new AsyncLocalStorage<pg.PoolClient>()
  function query(statement: pg.QueryArrayConfig, values: unknown[]) {
    const transaction = inTransaction.getStore()
    if (transaction) return route.runWithin(transaction, statement, values)
    return withConnection(pool, client => route.runAlone(client, statement, values))
  }
  const inTurn = longReadsOf(Math.max(1, Math.floor(poolMax * LONG_SHARE)))
  let closing: Promise<void> | undefined

  return {
    opened,
    // Of a client, Drizzle calls `query` only, as long as no transaction is its own.
    db: drizzle({ query } as unknown as pg.Pool),
    tables: postgresTables,
    // To ask whether a row is as it was takes as long as to read it.
    remembered: inBatches,
    rememberedText: (_userId, _what, read) => read(),
    prepare(builder, name) {
      const prepared = builder.prepare(name)
      const execute = (values?: Values) => prepared.execute(values)
      return { execute, executeLong: values => inTurn(values.userId, () => execute(values)), run: execute }
    },
    async atomically<Steps extends readonly Step[]>(...steps: Steps) {
      try {
        // A statement by itself is a transaction, without the two round trips more.
        const isAlone = steps.length === 1
        const rows = isAlone
          ? runAll(steps)
          : transaction(pool, route, client => inTransaction.run(client, runAll, steps))
        return (await rows) as RowsOf<Steps>
      } catch (error) {
        if (error instanceof StepMissed) throw error
        throw new StatementFailed(steps.map(({ name }) => name).join(' + '), error)
      }
    },
    search,
    inTurn,
    ping: async () => {
      await query({ text: 'select count(*) from users where id is null', rowMode: 'array' }, [])
    },
    async probe() {
      await withConnection(pool, client => client.query(PROBE))
    },
    connections: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => {
      closing ??= pool.end()
      return closing
    }
  }
}

/** Terms have no spaces, quotes and backslashes: in quotes they need no escaping. */
const condition = sql`array_to_tsvector(string_to_array(${postgresTables.todos.terms}, ' ')) @@ ${sql.placeholder('terms')}::tsquery`
const search: Search = {
  condition,
  rowCondition: condition,
  valuesOf: ({ whole, beginnings }) => ({
    terms: [
      ...whole.map(term => `'${term}'`),
      ...beginnings.map(forms => `(${forms.map(term => `'${term}':*`).join(' | ')})`)
    ].join(' & ')
  }),
  settle: async () => {}
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

async function transaction<Result>(
  pool: pg.Pool,
  { begin }: Route,
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

async function runAll(steps: readonly Step[]): Promise<unknown[]> {
  const results: Found[] = []
  for (const step of steps) results.push(found(step as Step<Found>, (await step.run(results)) as Found))
  return results
}
