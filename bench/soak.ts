import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '../test/free-port.ts'
import { median } from './medians.ts'
import { launch } from './process.ts'
import { type Person, personOf } from './soak/person.ts'
import { slopeOf } from './soak/slope.ts'
import { type Vitals, vitalsOf } from './soak/vitals.ts'
import { LATCHKEY } from './subjects.ts'

/*
 * Whether memory stays flat: `npm run bench:soak -- [--minutes 10] [--rate 200]`, on Linux.
 *
 * The service runs as it ships, but for the rate limit, and people use it by its client, at a steady rate below what it
 * could do: six of ten requests read a todo, the others lists, patches, creates and deletes for good; each refreshes
 * every few seconds, and now and then one signs in anew.
 */

const PEOPLE = 64
/** Seconds: the life of an access token, between two people who sign in anew, and between two looks at the process. */
const [TTL, SIGN_IN, LOOK] = [5, 5, 10]
/** Looks of the first two minutes, in which Node compiles and caches fill. */
const WARM_UP = 12
/** A part of itself by which memory may rise in the time measured, and still be called flat. */
const FLAT = 0.05

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, rate: { type: 'string', default: '200' } }
})
const [minutes, rate] = [Number(values.minutes), Number(values.rate)]

const say = (text: string) => process.stdout.write(`${text}\n`)
const show = ({ rss, heap, database, wal, descriptors }: Vitals) =>
  `RSS ${rss.toFixed(1)}, heap ${heap.toFixed(1)}, database ${database.toFixed(1)}, WAL ${wal.toFixed(1)} MiB; ${descriptors} open files`

let answered = 0
let skipped = 0

/** Keeps people busy, each with one thing at a time, until told to stop. */
async function use(people: readonly Person[], signal: AbortSignal) {
  const busy = new Set<Person>()
  const failures: unknown[] = []
  const occupy = async (person: Person, work: () => Promise<unknown>) => {
    if (busy.has(person)) {
      skipped += 1
      return
    }
    busy.add(person)
    await work().then(
      () => {
        answered += 1
      },
      error => failures.push(error)
    )
    busy.delete(person)
  }
  const begin = performance.now()
  for (let turn = 0; !signal.aborted && failures.length === 0; turn += 1) {
    const person = people[turn % PEOPLE] as Person
    const isDue = turn % (SIGN_IN * rate) === 0
    occupy(person, isDue ? person.signInAnew : person.step)
    await sleep(Math.max(0, begin + ((turn + 1) * 1000) / rate - performance.now()))
  }
  while (busy.size > 0) await sleep(1)
  if (failures.length > 0) throw failures[0]
}

/** Looks at the process every ten seconds; says every minute what it found. */
async function watch(look: () => Promise<Vitals>): Promise<Vitals[]> {
  const looks: Vitals[] = []
  const begin = performance.now()
  while (looks.length * LOOK < minutes * 60) {
    await sleep(begin + (looks.length + 1) * LOOK * 1000 - performance.now())
    const vitals = await look()
    looks.push(vitals)
    const seconds = looks.length * LOOK
    if (seconds % 60 > 0) continue
    say(
      `${`${seconds / 60}`.padStart(4)} min: ${show(vitals)}; ${answered} answers, ${skipped} not asked for in time`
    )
  }
  return looks
}

/** What became of one of the numbers after the warm-up. */
function trendOf(name: string, numbers: readonly number[]): string {
  const rise = slopeOf(numbers)
  const isFlat = rise * numbers.length <= FLAT * median(numbers)
  const [most, least] = [Math.max(...numbers), Math.min(...numbers)]
  return `${name} ${isFlat ? 'is flat' : 'GROWS'}: ${((rise * 3600) / LOOK).toFixed(1)} MiB an hour, median ${median(numbers).toFixed(1)} MiB, max/min ${(most / least).toFixed(2)}`
}

async function soak(folder: string) {
  const file = join(folder, 'soak.db')
  const port = await freePort()
  const settings = {
    DATABASE_URL: `file:${file}`,
    ACCESS_TOKEN_TTL: `${TTL}`,
    METRICS_PORT: `${port}`,
    RATE_LIMIT: 'off'
  }
  const running = await launch([LATCHKEY], settings, folder)
  const end = new AbortController()
  try {
    const people = await Promise.all(
      Array.from({ length: PEOPLE }, (_, index) => personOf(running.url, index))
    )
    const look = () => vitalsOf(running.pid, `http://127.0.0.1:${port}/metrics`, file)
    const using = use(people, end.signal)
    const looks = await Promise.race([watch(look), using.then(() => [])])
    end.abort()
    await using
    const [...measured] = looks.slice(Math.min(WARM_UP, looks.length >> 1))
    say(
      trendOf(
        'RSS',
        measured.map(({ rss }) => rss)
      )
    )
    say(
      trendOf(
        'Heap',
        measured.map(({ heap }) => heap)
      )
    )
  } finally {
    end.abort()
    await running.stop()
  }
}

const data = join(import.meta.dirname, '../data')
mkdirSync(data, { recursive: true })
const folder = mkdtempSync(join(data, 'bench-'))
process.once('exit', () => rmSync(folder, { recursive: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
await soak(folder)
