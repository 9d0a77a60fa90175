import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { startPostgres } from '../test/support/postgres-server.ts'
import { compareRefreshes } from './growth/refreshes.ts'
import { compareTodos } from './growth/todos.ts'
import { createBenchFolder } from './harness/folder.ts'

/*
 * Whether requests cost more as the database grows: `npm run bench:growth`, some minutes, on SQLite.
 *
 * `-- --only todos` (or `refreshes`) does a part, `--postgres` the todos on a PostgreSQL server of its own; `--rows`,
 * `--refreshes` and `--rounds` set how many.
 */

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    postgres: { type: 'boolean', default: false },
    rows: { type: 'string', default: '1000000' },
    refreshes: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '15' }
  }
})
const [rows, refreshes, rounds] = [values.rows, values.refreshes, values.rounds].map(Number) as [
  number,
  number,
  number
]

const print = (text: string) => process.stdout.write(`${text}\n`)
const showProgress = (message: string) => process.stderr.isTTY && process.stderr.write(`\r\u001b[K${message}`)

async function compareOnSqlite(): Promise<string> {
  const folder = createBenchFolder()
  const [small, large] = ['small', 'large'].map(name => `file:${join(folder, name)}.db`) as [string, string]
  return compareTodos({ small, large }, { rows, rounds, costMetric: 'cpu' }, showProgress)
}

async function compareOnPostgres(): Promise<string> {
  const durable = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on', shared_buffers: '1GB' }
  const server = await startPostgres(durable, tmpdir())
  try {
    const client = new pg.Client(server.url)
    await client.connect()
    for (const name of ['small', 'large']) await client.query(`create database ${name}`)
    await client.end()
    const [small, large] = ['small', 'large'].map(name => server.url.replace(/postgres$/, name)) as [
      string,
      string
    ]
    return await compareTodos({ small, large }, { rows, rounds, costMetric: 'clock' }, showProgress)
  } finally {
    await server.stop()
  }
}

if (values.only !== 'refreshes') print(await (values.postgres ? compareOnPostgres() : compareOnSqlite()))
if (values.only !== 'todos') print(await compareRefreshes(refreshes, rounds, showProgress))
