import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../test/postgres-server.ts'
import { cases, type Service } from './cases.ts'
import { median } from './medians.ts'
import { peopleOf } from './people.ts'
import { launch } from './process.ts'
import { table } from './report.ts'
import { bearer, LATCHKEY } from './subjects.ts'

/*
 * What a request costs on either engine: `npm run bench:engines`. The service runs as it ships, but for the rate limit;
 * PostgreSQL, too, writes to disk before it acknowledges. Engines take turns; medians of the rounds.
 */

const ROUNDS = 3
const SECONDS = 4
const TODOS = 25

async function start(name: string, DATABASE_URL: string, folder: string): Promise<Service> {
  const home = join(folder, name)
  mkdirSync(home)
  const settings = { JWT_SECRET: 'a secret that only the bench signs with', RATE_LIMIT: 'off' }
  const running = await launch([LATCHKEY], { DATABASE_URL, ACCESS_TOKEN_TTL: '3600', ...settings }, home)
  return { ...running, api: bearer, people: await peopleOf(running.url, bearer, TODOS), pairs: [] }
}

const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
const postgres = await startPostgres(
  { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' },
  tmpdir()
)
const services: Service[] = []
try {
  services.push(await start('SQLite', `file:${folder}/latchkey.db`, folder))
  services.push(await start('PostgreSQL', postgres.url, folder))
  const rows = [['requests a second', 'SQLite', 'PostgreSQL', 'ratio']]
  for (const { name, title, run } of cases) {
    if (!['read', 'list', 'create'].includes(name)) continue
    const rates = services.map((): number[] => [])
    for (let round = 0; round < ROUNDS; round++)
      for (const [index, service] of services.entries())
        rates[index]?.push((await run(service, SECONDS)).rate)
    const [sqlite = 0, other = 0] = rates.map(median)
    rows.push([title, sqlite.toFixed(0), other.toFixed(0), (other / sqlite).toFixed(2)])
  }
  process.stdout.write(table(rows))
} finally {
  for (const { stop } of services) await stop()
  await postgres.stop()
  rmSync(folder, { recursive: true })
}
