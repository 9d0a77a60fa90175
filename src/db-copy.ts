import { parseArgs } from 'node:util'
import { isPostgres } from './config.ts'
import { copyDatabase } from './db/copy.ts'
import { openPostgres } from './db/postgres.ts'
import { openSqlite, sqliteFile } from './db/sqlite.ts'

const USAGE = `Copies a SQLite database into an empty PostgreSQL one. Stop the service first.

  npm run db:copy -- --from file:./data/latchkey.db --to postgres://USER:PASSWORD@HOST/NAME
`

async function copy(from: string, to: string) {
  const source = openSqlite(from)
  try {
    const target = await openPostgres({ url: to, poolMax: 1, log: console })
    const sizes = await copyDatabase(source, target).finally(target.close)
    for (const [name, size] of Object.entries(sizes)) process.stdout.write(`${size} ${name}\n`)
  } finally {
    await source.close()
  }
  process.stdout.write(`
Set JWT_SECRET to what the service has signed with: the content of ${sqliteFile(from)}.key,
unless it was set before. With another one everybody would have to sign in again.
`)
}

try {
  const { values } = parseArgs({ options: { from: { type: 'string' }, to: { type: 'string' } } })
  const { from = '', to = '' } = values
  if (!from.startsWith('file:') || !isPostgres(to)) throw new Error(USAGE)
  await copy(from, to)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
