import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '../test/free-port.ts'
import { benchFolder } from './folder.ts'
import { median } from './medians.ts'
import { launch } from './process.ts'
import { collectGarbage } from './soak/collect.ts'
import { personOf } from './soak/person.ts'
import { slopeOf } from './soak/slope.ts'
import { use } from './soak/use.ts'
import { type Vitals, vitalsOf } from './soak/vitals.ts'
import { LATCHKEY } from './subjects.ts'

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
const [TTL, LOOK] = [30, 10]
/** Looks of the first two minutes, in which Node compiles and caches fill. */
const WARM_UP = 12
/** A part of itself by which what is held may rise in the time measured, and still be called flat. */
const FLAT = 0.05

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, rate: { type: 'string', default: '200' } }
})
const [minutes, rate] = [Number(values.minutes), Number(values.rate)]

const say = (text: string) => process.stdout.write(`${text}\n`)
const show = ({ rss, heap, heapHeld, external, database, wal, descriptors }: Vitals) =>
  `RSS ${rss.toFixed(1)}, heap ${heap.toFixed(1)} of ${heapHeld.toFixed(1)}, external ${external.toFixed(1)}, database ${database.toFixed(1)}, WAL ${wal.toFixed(1)} MiB; ${descriptors} open files`

/** Looks at the process every ten seconds; says every minute what it found. */
async function watch(look: () => Promise<Vitals>, from: number, to: number): Promise<Vitals[]> {
  const looks: Vitals[] = []
  const begin = performance.now()
  for (let number = from + 1; number <= to; number += 1) {
    await sleep(begin + (number - from) * LOOK * 1000 - performance.now())
    const vitals = await look()
    looks.push(vitals)
    const seconds = number * LOOK
    if (seconds % 60 > 0) continue
    say(`${seconds / 60} min: ${show(vitals)}`)
  }
  return looks
}

/** How one of the numbers went after the warm-up. V8 lets garbage pile up for minutes, so it goes up and down. */
function courseOf(name: string, numbers: readonly number[]): string {
  const rise = ((slopeOf(numbers) * 3600) / LOOK).toFixed(1)
  const range = (Math.max(...numbers) / Math.min(...numbers)).toFixed(2)
  return `${name}: median ${median(numbers).toFixed(1)} MiB, max/min ${range}, ${rise} MiB an hour by least squares`
}

/** What the process holds without garbage, after the warm-up and at the end. */
function verdictOn(name: string, before: number, after: number): string {
  const verdict = after <= before * (1 + FLAT) ? 'flat' : 'NOT FLAT'
  return `${name} without garbage: ${before.toFixed(1)} MiB after the warm-up, ${after.toFixed(1)} at the end: ${verdict}`
}

async function soak(folder: string) {
  const file = join(folder, 'soak.db')
  const [port, inspector] = [await freePort(), await freePort()]
  const settings = {
    DATABASE_URL: `file:${file}`,
    ACCESS_TOKEN_TTL: `${TTL}`,
    METRICS_PORT: `${port}`,
    RATE_LIMIT: 'off'
  }
  const running = await launch([`--inspect=127.0.0.1:${inspector}`, LATCHKEY], settings, folder)
  const end = new AbortController()
  try {
    const people = await Promise.all(
      Array.from({ length: PEOPLE }, (_, index) => personOf(running.url, index))
    )
    const look = () => vitalsOf(running.pid, `http://127.0.0.1:${port}/metrics`, file)
    const lookWithoutGarbage = async () => {
      await collectGarbage(inspector)
      return look()
    }
    const done = { answered: 0, skipped: 0 }
    const using = use(people, rate, done, end.signal)
    // It ends before it is told to only by failing.
    const watched = <Result>(work: Promise<Result>) => Promise.race([work, using as Promise<never>])

    await watched(watch(look, 0, WARM_UP))
    const before = await watched(lookWithoutGarbage())
    const looks = await watched(watch(look, WARM_UP, (minutes * 60) / LOOK))
    const after = await watched(lookWithoutGarbage())
    for (const [name, of] of [
      ['RSS', ({ rss }: Vitals) => rss],
      ['Heap', ({ heap }: Vitals) => heap]
    ] as const) {
      say(courseOf(name, looks.map(of)))
      say(verdictOn(name, of(before), of(after)))
    }
    end.abort()
    await using
    say(
      `${done.answered} answers; ${done.skipped} times somebody still waited for the last one and did not ask`
    )
  } finally {
    end.abort()
    await running.stop()
  }
}

await soak(benchFolder())
