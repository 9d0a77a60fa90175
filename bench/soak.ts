import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '../test/support/free-port.ts'
import { LATCHKEY } from './comparison/subjects.ts'
import { createBenchFolder } from './harness/folder.ts'
import { median } from './harness/median.ts'
import { launch } from './harness/process.ts'
import { collectGarbage } from './soak/collect-garbage.ts'
import { createPerson } from './soak/person.ts'
import { fitSlope } from './soak/slope.ts'
import { simulateUsage } from './soak/usage.ts'
import { readVitals, type Vitals } from './soak/vitals.ts'

/*
 * Whether memory stays flat: `npm run bench:soak -- [--minutes 10] [--rate 200]`, of 3 minutes or more, on Linux.
 *
 * The service runs as it ships, but for the rate limit, and people use it by its client, at a steady rate below what it
 * could do: six of ten requests read a todo, the others lists, patches, creates and deletes for good; each refreshes
 * every few seconds, and now and then one signs in anew.
 */

const PEOPLE = 64
/**
 * Seconds: the life of an access token, and between two looks at the process. Latchkey remembers up to 10,000 tokens that
 * it has verified, whether they have expired or not: with a shorter life that alone would rise for as long as this takes.
 */
const [TTL, SAMPLE_INTERVAL] = [30, 10]
/** Looks of the first two minutes, in which Node compiles and caches fill. */
const WARM_UP_SAMPLES = 12
/** A part of itself by which what is held may rise in the time measured, and still be called flat. */
const MAX_RISE = 0.05

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, rate: { type: 'string', default: '200' } }
})
const [minutes, rate] = [Number(values.minutes), Number(values.rate)]

const print = (text: string) => process.stdout.write(`${text}\n`)
const formatVitals = ({ rss, heap, heapTotal: heapHeld, external, database, wal, descriptors }: Vitals) =>
  `RSS ${rss.toFixed(1)}, heap ${heap.toFixed(1)} of ${heapHeld.toFixed(1)}, external ${external.toFixed(1)}, database ${database.toFixed(1)}, WAL ${wal.toFixed(1)} MiB; ${descriptors} open files`

/** Looks at the process every ten seconds; says every minute what it found. */
async function sampleVitals(readSample: () => Promise<Vitals>, from: number, to: number): Promise<Vitals[]> {
  const samples: Vitals[] = []
  const begin = performance.now()
  for (let number = from + 1; number <= to; number += 1) {
    await sleep(begin + (number - from) * SAMPLE_INTERVAL * 1000 - performance.now())
    const vitals = await readSample()
    samples.push(vitals)
    const seconds = number * SAMPLE_INTERVAL
    if (seconds % 60 > 0) continue
    print(`${seconds / 60} min: ${formatVitals(vitals)}`)
  }
  return samples
}

/** How one of the numbers went after the warm-up. V8 lets garbage pile up for minutes, so it goes up and down. */
function describeTrend(name: string, numbers: readonly number[]): string {
  const rise = ((fitSlope(numbers) * 3600) / SAMPLE_INTERVAL).toFixed(1)
  const range = (Math.max(...numbers) / Math.min(...numbers)).toFixed(2)
  return `${name}: median ${median(numbers).toFixed(1)} MiB, max/min ${range}, ${rise} MiB an hour by least squares`
}

/** What the process holds without garbage, after the warm-up and at the end. */
function describeGrowth(name: string, before: number, after: number): string {
  const verdict = after <= before * (1 + MAX_RISE) ? 'flat' : 'NOT FLAT'
  return `${name} without garbage: ${before.toFixed(1)} MiB after the warm-up, ${after.toFixed(1)} at the end: ${verdict}`
}

async function soak(folder: string) {
  const file = join(folder, 'soak.db')
  const [port, inspector] = [await freePort(), await freePort()]
  const settings = {
    DATABASE_URL: `file:${file}`,
    ACCESS_TOKEN_TTL: `${TTL}`,
    METRICS_PORT: `${port}`,
    RATE_LIMIT: 'off',
    MAIL_URL: 'off'
  }
  const running = await launch([`--inspect=127.0.0.1:${inspector}`, LATCHKEY], settings, folder)
  const end = new AbortController()
  try {
    const people = await Promise.all(
      Array.from({ length: PEOPLE }, (_, index) => createPerson(running.url, index))
    )
    const readSample = () => readVitals(running.pid, `http://127.0.0.1:${port}/metrics`, file)
    const readSampleWithoutGarbage = async () => {
      await collectGarbage(inspector)
      return readSample()
    }
    const usageCounts = { answered: 0, skipped: 0 }
    const usage = simulateUsage(people, rate, usageCounts, end.signal)
    // Before it is stopped it ends by a failure only.
    const untilFailure = <Result>(work: Promise<Result>) => Promise.race([work, usage as Promise<never>])

    await untilFailure(sampleVitals(readSample, 0, WARM_UP_SAMPLES))
    const before = await untilFailure(readSampleWithoutGarbage())
    const samples = await untilFailure(
      sampleVitals(readSample, WARM_UP_SAMPLES, (minutes * 60) / SAMPLE_INTERVAL)
    )
    const after = await untilFailure(readSampleWithoutGarbage())
    for (const [name, getValue] of [
      ['RSS', ({ rss }: Vitals) => rss],
      ['Heap', ({ heap }: Vitals) => heap]
    ] as const) {
      print(describeTrend(name, samples.map(getValue)))
      print(describeGrowth(name, getValue(before), getValue(after)))
    }
    end.abort()
    await usage
    print(
      `${usageCounts.answered} answers; ${usageCounts.skipped} times somebody still waited for the last one and did not ask`
    )
  } finally {
    end.abort()
    await running.stop()
  }
}

await soak(createBenchFolder())
