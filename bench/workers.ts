import { join } from 'node:path'
import { cases, type Measured, type Service } from './cases.ts'
import { benchFolder } from './folder.ts'
import { startLatchkey } from './latchkey.ts'
import { median } from './medians.ts'
import { table } from './report.ts'

/*
 * What a second worker brings, and what it costs: `npm run bench:workers`. The service runs as it ships, but for the rate
 * limit, on a SQLite file of its own; one and two workers take turns; medians of the rounds. The load needs a core, too: on
 * a machine of two, two workers are three processes that share them, which shows in the slowest answers.
 */

const ROUNDS = 7
const SECONDS = 2
const CASES = ['read', 'create', 'mixed']
const WORKERS = [1, 2]

const folder = benchFolder()
const services: Service[] = []
try {
  for (const workers of WORKERS)
    services.push(await startLatchkey(join(folder, `${workers}`), { WEB_CONCURRENCY: `${workers}` }))
  const rows = [['', 'workers', 'a second', 'times', 'p50, ms', 'p99, ms', 'CPU, µs']]
  for (const { name, title, run } of cases) {
    if (!CASES.includes(name)) continue
    const samples = services.map((): Measured[] => [])
    for (let round = 0; round < ROUNDS; round++)
      for (const [index, service] of services.entries()) samples[index]?.push(await run(service, SECONDS))
    const [alone = []] = samples
    for (const [index, measured] of samples.entries()) {
      const of = (what: 'rate' | 'p50' | 'p99' | 'cpu') => median(measured.map(sample => sample[what]))
      const times = median(measured.map(({ rate }, round) => rate / (alone[round]?.rate ?? Number.NaN)))
      const numbers = [of('rate').toFixed(0), times.toFixed(2), of('p50'), of('p99'), of('cpu').toFixed(0)]
      rows.push([title, `${WORKERS[index]}`, ...numbers.map(String)])
    }
  }
  process.stdout.write(table(rows))
} finally {
  for (const { stop } of services) await stop()
}
