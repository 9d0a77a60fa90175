import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { startPostgres } from '../test/postgres-server.ts'
import { benchFolder } from './folder.ts'
import { compareRefreshes } from './growth/refreshes.ts'
import { compareTodos } from './growth/todos.ts'

/*
 * Whether anything costs more as the database grows: `npm run bench:growth`, some minutes, on SQLite.
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

const say = (text: string) => process.stdout.write(`${text}\n`)
const tell = (what: string) => process.stderr.isTTY && process.stderr.write(`\r\u001b[K${what}`)

async function onSqlite(): Promise<string> {
  const folder = benchFolder()
  const [small, large] = ['small', 'large'].map(name => `file:${join(folder, name)}.db`) as [string, string]
  return compareTodos({ small, large }, { rows, rounds, by: 'cpu' }, tell)
}

async function onPostgres(): Promise<string> {
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
    return await compareTodos({ small, large }, { rows, rounds, by: 'clock' }, tell)
  } finally {
    await server.stop()
  }
}

if (values.only !== 'refreshes') say(await (values.postgres ? onPostgres() : onSqlite()))
if (values.only !== 'todos') say(await compareRefreshes(refreshes, rounds, tell))
