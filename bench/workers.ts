import { join } from 'node:path'
import { cases, type Measurement, type Service } from './comparison/cases.ts'
import { startSubject } from './comparison/latchkey.ts'
import { formatTable } from './comparison/report.ts'
import { createBenchFolder } from './harness/folder.ts'
import { median } from './harness/median.ts'

/*
 * The gain and the cost of a second worker: `npm run bench:workers`. The service runs as released, without the rate limit,
 * on its own SQLite file; one and two workers take turns; medians of the rounds. The load needs a core, too: on
 * a machine of two, two workers are three processes that share them, which shows in the slowest answers.
 */

const ROUNDS = 7
const SECONDS = 2
const CASES = ['read', 'create', 'mixed']
const WORKERS = [1, 2]

const folder = createBenchFolder()
const services: Service[] = []
try {
  for (const workers of WORKERS)
    services.push(await startSubject(join(folder, `${workers}`), { WEB_CONCURRENCY: `${workers}` }))
  const rows = [['', 'workers', 'a second', 'times', 'p50, ms', 'p99, ms', 'CPU, µs']]
  for (const { name, title, run } of cases) {
    if (!CASES.includes(name)) continue
    const samples = services.map((): Measurement[] => [])
    for (let round = 0; round < ROUNDS; round++)
      for (const [index, service] of services.entries()) samples[index]?.push(await run(service, SECONDS))
    const [baseline = []] = samples
    for (const [index, measured] of samples.entries()) {
      const medianOf = (metric: 'rate' | 'p50' | 'p99' | 'cpu') =>
        median(measured.map(sample => sample[metric]))
      const times = median(measured.map(({ rate }, round) => rate / (baseline[round]?.rate ?? Number.NaN)))
      const numbers = [
        medianOf('rate').toFixed(0),
        times.toFixed(2),
        medianOf('p50'),
        medianOf('p99'),
        medianOf('cpu').toFixed(0)
      ]
      rows.push([title, `${WORKERS[index]}`, ...numbers.map(String)])
    }
  }
  process.stdout.write(formatTable(rows))
} finally {
  for (const { stop } of services) await stop()
}
