import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startPostgres } from '../test/support/postgres-server.ts'
import { formatTable } from './comparison/report.ts'
import { bearerApi } from './comparison/subjects.ts'
import { createBenchFolder } from './harness/folder.ts'
import { startLatchkey } from './harness/latchkey.ts'
import { createPeople, type Person } from './harness/people.ts'
import { processorTime, type Running, residentMemory, waitUntilIdle } from './harness/process.ts'
import { type Follower, openFollower } from './streams/followers.ts'

/*
 * What open streams of changes cost, and how soon a change of one instance comes on the streams of another one:
 * `npm run bench:streams -- [--streams 1000]`. The service runs as released, without the rate limit, on SQLite and on
 * PostgreSQL; this process, which has all the streams at its end, shares the cores with it.
 */

const { values } = parseArgs({ options: { streams: { type: 'string', default: '1000' } } })
const streamCount = Number(values.streams)
const STREAMS_PER_USER = 5
/** Seconds in which streams are idle, and in which todos are made. */
const IDLE_SECONDS = 30
const WRITE_SECONDS = 20
const WRITES_PER_SECOND = 200

const folder = createBenchFolder()
const postgres = await startPostgres(
  { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' },
  tmpdir()
)

const start = (name: string, databaseUrl?: string): Promise<Running> =>
  startLatchkey(join(folder, name), {
    MAX_STREAMS: `${streamCount}`,
    MAX_STREAMS_PER_USER: `${STREAMS_PER_USER}`,
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl })
  })

/** Memory in MiB, and the part of a core that is taken meanwhile, when nobody asks for anything. */
async function measureIdle(running: Running) {
  await waitUntilIdle(running)
  const before = processorTime(running)
  await sleep(IDLE_SECONDS * 1000)
  return { memory: residentMemory(running), load: (processorTime(running) - before) / IDLE_SECONDS }
}

/** What idle streams cost. */
async function measureStreams(title: string, running: Running, people: readonly Person[]) {
  const without = await measureIdle(running)
  const followers: Follower[] = []
  while (followers.length < streamCount) {
    const { headers } = people[followers.length % people.length] as Person
    followers.push(await openFollower(running.url, headers))
  }
  const together = await measureIdle(running)
  for (const { close } of followers) close()
  return [
    title,
    `${streamCount}`,
    (together.memory - without.memory).toFixed(0),
    (without.load * 100).toFixed(1),
    (together.load * 100).toFixed(1)
  ]
}

/**
 * Milliseconds from the answer to a write on one instance to its event on a stream of another one; nothing when the event
 * comes before the answer.
 */
async function measureDelays(one: Running, other: Running, people: readonly Person[]): Promise<number[]> {
  const answered = new Map<string, number>()
  const received = new Map<string, number>()
  const followers = await Promise.all(
    people.map(({ headers }) =>
      openFollower(other.url, headers, title => received.set(title, performance.now()))
    )
  )
  const begin = performance.now()
  const writes: Promise<unknown>[] = []
  for (let count = 0; count < WRITE_SECONDS * WRITES_PER_SECOND; count += 1) {
    await sleep(Math.max(0, begin + (count * 1000) / WRITES_PER_SECOND - performance.now()))
    const { headers } = people[count % people.length] as Person
    const write = create(one.url, headers, `${count}`)
    writes.push(write.then(() => answered.set(`${count}`, performance.now())))
  }
  await Promise.all(writes)
  await sleep(1000)
  for (const { close } of followers) close()
  if (received.size < answered.size) throw new Error(`${answered.size - received.size} changes did not come`)
  return Array.from(answered, ([title, time]) => Math.max(0, Number(received.get(title)) - time)).sort(
    (a, b) => a - b
  )
}

async function create(url: string, headers: Record<string, string>, title: string) {
  const answer = await fetch(`${url}/api/todos`, { method: 'POST', headers, body: JSON.stringify({ title }) })
  if (answer.status !== 201) throw new Error(await answer.text())
  await answer.body?.cancel()
}

const services: Running[] = []
try {
  const sqlite = await start('sqlite')
  services.push(sqlite)
  const rows = [['', 'streams', 'MiB more', '% of a core without', '% with']]
  const signUp = ({ url }: Running) => createPeople(url, bearerApi, 1, streamCount / STREAMS_PER_USER)
  rows.push(await measureStreams('SQLite', sqlite, await signUp(sqlite)))
  const [one, other] = [await start('one', postgres.url), await start('other', postgres.url)]
  services.push(one, other)
  const people = await signUp(one)
  rows.push(await measureStreams('PostgreSQL', one, people))
  const delays = await measureDelays(one, other, people)
  const atPart = (part: number) => (delays[Math.floor(delays.length * part)] as number).toFixed(0)
  process.stdout.write(
    `${formatTable(rows)}\n${formatTable([
      ['writes a second', 'p50, ms', 'p99, ms', 'most, ms'],
      [`${WRITES_PER_SECOND}`, atPart(0.5), atPart(0.99), (delays.at(-1) as number).toFixed(0)]
    ])}`
  )
} finally {
  for (const { stop } of services) await stop()
  await postgres.stop()
}
