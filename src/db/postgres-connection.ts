import type pg from 'pg'

/** Milliseconds that a request waits for a connection: for one of the pool to be free, or for a new one. */
const CONNECTION_TIMEOUT = 3000
/** Milliseconds after which we give up a server that says nothing at all, not even that it gave up. */
export const SILENCE_TIMEOUT = 7000

/** What statements rely on, by the names that the server has for it. */
const SETTINGS = {
  // Milliseconds after which the server gives a statement up.
  statement_timeout: '5000',
  // Milliseconds after which the server ends a transaction whose program has gone quiet.
  idle_in_transaction_session_timeout: '5000',
  // Instants arrive as text; this is the form of it that we read, whatever the database prefers.
  DateStyle: 'ISO',
  TimeZone: 'UTC'
}

const setAll = (scope: 'session' | 'transaction') =>
  `select ${Object.entries(SETTINGS).map(([name, value]) => `set_config('${name}', '${value}', ${scope === 'transaction'})`)}`

/** Poolers know few parameters of the start-up and refuse the others, so the settings are made by a statement. */
const SET_UNLESS_POOLED = `${setAll('session')} where pg_backend_pid() = $1`
const BEGIN = `begin; ${setAll('transaction')}`

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

/** How to connect, be it to a server or to a pooler before it. */
export const connectionTo = (url: string): pg.ClientConfig => ({
  connectionString: url,
  fallback_application_name: 'latchkey',
  connectionTimeoutMillis: CONNECTION_TIMEOUT,
  keepAlive: true,
  pipeline: true
})

/**
 * Connections to a pooler. In its transaction mode each transaction may be carried out on another connection to the
 * server, so that nothing lasts from one to the next: neither settings nor prepared statements nor locks.
 */
const pooled = new WeakSet<pg.ClientBase>()

/** Whether a pooler stands between this connection and the server. */
export const isPooled = (client: pg.ClientBase): boolean => pooled.has(client)

/**
 * Gives a new connection its settings, if it leads to the server itself. A pooler tells the number of no process of the
 * server, and what is set for the session through it would stay behind for others.
 */
export async function setUp(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query({
    text: SET_UNLESS_POOLED,
    values: [client.processID],
    query_timeout: CONNECTION_TIMEOUT
  })
  if (rows.length === 0) pooled.add(client)
}

/** Begins a transaction, with the settings. */
export async function begin(client: pg.ClientBase): Promise<void> {
  await client.query(isPooled(client) ? BEGIN : 'begin')
}

/** Runs a statement within a transaction. */
export const runWithin = (client: pg.ClientBase, statement: pg.QueryArrayConfig, values: unknown[]) =>
  client.query(isPooled(client) ? { ...statement, name: undefined } : statement, values)

/** Runs a statement that is a transaction by itself, in one round trip. */
export async function runAlone(client: pg.ClientBase, statement: pg.QueryArrayConfig, values: unknown[]) {
  if (!isPooled(client)) return client.query(statement, values)
  const begun = begin(client)
  const result = runWithin(client, statement, values)
  const ended = client.query('commit')
  // None is still under way when the connection is given back, whichever of them has failed.
  await Promise.allSettled([begun, result, ended])
  await Promise.all([begun, ended])
  return result
}
