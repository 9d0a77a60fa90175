import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../test/support/postgres-server.ts'
import { cases, type Service } from './comparison/cases.ts'
import { startSubject } from './comparison/latchkey.ts'
import { formatTable } from './comparison/report.ts'
import { createBenchFolder } from './harness/folder.ts'
import { median } from './harness/median.ts'

/*
 * The cost of requests on each engine: `npm run bench:engines`. The service runs as released, without the rate limit. Both
 * engines write to disk before they acknowledge. The engines take turns; the results are medians of the rounds.
 */

const ROUNDS = 3
const SECONDS = 4

const folder = createBenchFolder()
const postgres = await startPostgres(
  { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' },
  tmpdir()
)
const services: Service[] = []
try {
  services.push(await startSubject(join(folder, 'sqlite'), {}))
  services.push(await startSubject(join(folder, 'postgres'), { DATABASE_URL: postgres.url }))
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
  process.stdout.write(formatTable(rows))
} finally {
  for (const { stop } of services) await stop()
  await postgres.stop()
}
