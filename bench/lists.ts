import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startPostgres } from '../test/support/postgres-server.ts'
import { formatTable } from './comparison/report.ts'
import { bearerApi } from './comparison/subjects.ts'
import { createBenchFolder } from './harness/folder.ts'
import { startLatchkey } from './harness/latchkey.ts'
import { median } from './harness/median.ts'
import { createPeople, type Person } from './harness/people.ts'
import type { Running } from './harness/process.ts'
import { type Call, createCall, fillLists } from './lists/person.ts'
import { measureLatency, percentile } from './worst/latency.ts'

/*
 * What lists and series cost: `npm run bench:lists -- [--todos 200000] [--rounds 200]`. A page of one list among few todos and
 * among very many, the completion of a recurring todo beside another change, and the deletion of a list with half of the todos
 * while somebody else works. The service runs as released, without the rate limit, on SQLite and on PostgreSQL.
 */

const { values } = parseArgs({
  options: { todos: { type: 'string', default: '200000' }, rounds: { type: 'string', default: '200' } }
})
const [todoCount, rounds] = [Number(values.todos), Number(values.rounds)]
/** Lists of two users; the one with fewer has so many todos. */
const [FEW_LISTS, FEW_TODOS, MANY_LISTS] = [10, 200, 100]
/** Milliseconds of the work of somebody else before a list is deleted, and from then on. */
const [CALM, AFTERMATH] = [5000, 20_000]

const folder = createBenchFolder()
const postgres = await startPostgres(
  { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' },
  tmpdir()
)

const start = (name: string, databaseUrl?: string): Promise<Running> =>
  startLatchkey(join(folder, name), {
    MAX_TODOS: `${4 * todoCount}`,
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl })
  })

/** Milliseconds of a page of one list. Each is read anew, because something was written before. */
async function measurePage(call: Call, listId: string | undefined): Promise<number> {
  const { answer: todo } = await call<{ id: string }>('POST', '/api/todos', { title: 'Buy oat milk' })
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    await call('PATCH', `/api/todos/${todo.id}`, { title: `Buy oat milk ${round}` })
    times.push((await call('GET', `/api/todos?list=${listId}&limit=20&sort=title`)).time)
  }
  return median(times)
}

/** Milliseconds of a change of a title, and of a completion of a todo that recurs. */
async function measureCompletion(call: Call): Promise<[patch: number, completion: number]> {
  const { answer: todo } = await call<{ id: string }>('POST', '/api/todos', {
    title: 'Water the plants',
    due: { date: '2026-03-29' },
    repeat: { rule: 'FREQ=WEEKLY;BYDAY=MO,TH', from: 'due' }
  })
  const [patches, completions]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    patches.push((await call('PATCH', `/api/todos/${todo.id}`, { title: `Water the plants ${round}` })).time)
    completions.push((await call('PATCH', `/api/todos/${todo.id}`, { done: true })).time)
  }
  return [median(patches), median(completions)]
}

/** The time of the answer to the deletion of a list, and what somebody else feels before it and from then on. */
async function measureDeletion(running: Running, call: Call, listId: string | undefined, other: Person) {
  const before = await measureLatency(running.url, other.headers, AbortSignal.timeout(CALM))
  const deletion = sleep(100).then(() => call('DELETE', `/api/lists/${listId}`))
  const after = await measureLatency(running.url, other.headers, AbortSignal.timeout(AFTERMATH))
  return { time: (await deletion).time, before, after }
}

const format = (milliseconds: number) => milliseconds.toFixed(1)

async function measure(title: string, running: Running): Promise<string[]> {
  const people = await createPeople(running.url, bearerApi, 5, 4)
  const [few, many, owner, other] = people as [Person, Person, Person, Person]
  const [fewCall, manyCall, ownerCall] = [few, many, owner].map(person => createCall(running, person)) as [
    Call,
    Call,
    Call
  ]
  const [fewList] = await fillLists(fewCall, FEW_LISTS, FEW_TODOS)
  const [manyList] = await fillLists(manyCall, MANY_LISTS, todoCount)
  const [largeList] = await fillLists(ownerCall, 1, todoCount / 2)
  const pages = [await measurePage(fewCall, fewList), await measurePage(manyCall, manyList)] as const
  const [patch, completion] = await measureCompletion(fewCall)
  const { time, before, after } = await measureDeletion(running, ownerCall, largeList, other)
  return [
    title,
    `${format(pages[0])} → ${format(pages[1])} (${(pages[1] / pages[0]).toFixed(2)})`,
    `${format(patch)} → ${format(completion)} (${(completion / patch).toFixed(2)})`,
    format(time),
    `${format(percentile(before.times, 0.99))} → ${format(percentile(after.times, 0.99))}`,
    `${format(Math.max(...before.times))} → ${format(Math.max(...after.times))}`
  ]
}

const services: Running[] = []
try {
  const rows = [
    [
      'ms',
      `page of 1 of ${FEW_LISTS} lists, ${FEW_TODOS} todos → of ${MANY_LISTS}, ${todoCount}`,
      'PATCH → completion',
      `deletes a list of ${todoCount / 2}`,
      'others, p99',
      'others, most'
    ]
  ]
  for (const [title, url] of [
    ['SQLite', undefined],
    ['PostgreSQL', postgres.url]
  ] as const) {
    const running = await start(title.toLowerCase(), url)
    services.push(running)
    rows.push(await measure(title, running))
  }
  process.stdout.write(formatTable(rows))
} finally {
  for (const { stop } of services) await stop()
  await postgres.stop()
}
