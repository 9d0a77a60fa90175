import type pg from 'pg'

/** Milliseconds that a request waits for a connection: for one of the pool to be free, or for a new one. */
const CONNECTION_TIMEOUT = 3000
/** Milliseconds after which we give up a server that says nothing at all, not even that it gave up. */
export const QUERY_TIMEOUT = 7000

/** What statements rely on, by the names that the server has for it. */
const SESSION_SETTINGS = {
  // Milliseconds after which the server gives a statement up.
  statement_timeout: '5000',
  // Milliseconds after which the server ends a transaction whose program has gone quiet.
  idle_in_transaction_session_timeout: '5000',
  // Instants arrive as text; this is the form of it that we read, whatever the database prefers.
  DateStyle: 'ISO',
  TimeZone: 'UTC'
}

const toSetConfig = (scope: 'session' | 'transaction') =>
  `select ${Object.entries(SESSION_SETTINGS).map(([name, value]) => `set_config('${name}', '${value}', ${scope === 'transaction'})`)}`

/** Poolers know few parameters of the start-up and refuse the others, so the settings are made by a statement. */
const SET_UNLESS_POOLED = `${toSetConfig('session')} where pg_backend_pid() = $1`
const BEGIN = `begin; ${toSetConfig('transaction')}`

// What the types of the driver leave out.
declare module 'pg' {
  interface ClientBase {
    /** The process at the other end, as the start-up tells it. */
    readonly processID: number | null
  }
  interface QueryConfig {
    /** Milliseconds after which the answer is no longer waited for, and the connection is given up. */
    readonly query_timeout?: number
  }
}

/** A way to a database, that leads to the server itself or to a pooler before it. */
export interface Connector {
  readonly clientConfig: pg.ClientConfig
  readonly isPooled: () => boolean
  /** Makes a new connection fit for use. */
  readonly configure: (client: pg.ClientBase) => Promise<void>
  /** Begins a transaction. */
  readonly begin: (client: pg.ClientBase) => Promise<void>
  /** Runs a statement within a transaction. */
  readonly runInTransaction: RunStatement
  /** Runs a statement that is a transaction by itself, in one round trip. */
  readonly runAutocommit: RunStatement
}

type RunStatement = (
  client: pg.ClientBase,
  statement: pg.QueryArrayConfig,
  values: unknown[]
) => Promise<pg.QueryArrayResult>

/**
 * Finds out what a URL leads to. In the transaction mode of a pooler each transaction may be carried out on another
 * connection to the server, so nothing lasts from one to the next: neither settings nor prepared statements nor locks.
 */
export function createConnector(url: string): Connector {
  // For good: some poolers count their clients, and one of these numbers may be that of a process.
  let isPooled = false

  async function begin(client: pg.ClientBase) {
    await client.query(isPooled ? BEGIN : 'begin')
  }

  const runInTransaction: RunStatement = (client, statement, values) =>
    client.query(isPooled ? { ...statement, name: undefined } : statement, values)

  return {
    clientConfig: {
      connectionString: url,
      fallback_application_name: 'latchkey',
      connectionTimeoutMillis: CONNECTION_TIMEOUT,
      keepAlive: true,
      pipeline: true
    },
    isPooled: () => isPooled,
    async configure(client) {
      if (isPooled) return
      // A pooler tells the number of no process of the server. What is set for the session by way of it would stay behind
      // for others.
      const { rows } = await client.query({
        text: SET_UNLESS_POOLED,
        values: [client.processID],
        query_timeout: CONNECTION_TIMEOUT
      })
      if (rows.length === 0) isPooled = true
    },
    begin,
    runInTransaction,
    async runAutocommit(client, statement, values) {
      if (!isPooled) return client.query(statement, values)
      const began = begin(client)
      const result = runInTransaction(client, statement, values)
      const committed = client.query('commit')
      // None is still under way when the connection is given back, whichever of them has failed.
      await Promise.allSettled([began, result, committed])
      await Promise.all([began, committed])
      return result
    }
  }
}
