import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startPostgres } from '../test/support/postgres-server.ts'
import { formatTable } from './comparison/report.ts'
import { LATCHKEY } from './comparison/subjects.ts'
import { fill } from './growth/fill.ts'
import { createPopulation, generateTodos } from './growth/population.ts'
import { createBenchFolder } from './harness/folder.ts'
import { launch } from './harness/process.ts'
import { measureLatency, percentile } from './worst/latency.ts'
import { reads, type WorstRequest, writes } from './worst/requests.ts'

/*
 * The latency of one user while another one sends the most expensive requests: `npm run bench:worst`, some minutes, on SQLite.
 *
 * One user has nine tenths of the todos that a user may have, so that imports find room. Another one has a few, and asks a
 * hundred times a second: a list, the account, a search, and a new todo in turn. `-- --postgres` does the same on a PostgreSQL server of its own,
 * `--todos` says how many todos, `--together` how many of each reading request are sent at a time; `--only reads` or `writes`
 * does a part.
 */

const { values } = parseArgs({
  options: {
    postgres: { type: 'boolean', default: false },
    only: { type: 'string' },
    todos: { type: 'string', default: '90000' },
    together: { type: 'string', default: '10' }
  }
})
const [count, concurrentReads] = [Number(values.todos), Number(values.together)]

/** The accepted 99th percentile of the other user's latency, in milliseconds. */
const MAX_P99 = 50
/** Milliseconds that a case lasts at least, and milliseconds of rest between two. */
const [CASE_DURATION, PAUSE] = [3000, 500]
const SECRET = 'a secret that only the bench signs with'
const JSON_HEADERS = { 'content-type': 'application/json' }

const print = (text: string) => process.stdout.write(`${text}\n`)
const showProgress = (message: string) => process.stderr.isTTY && process.stderr.write(`\r\u001b[K${message}`)

interface Person {
  readonly id: string
  readonly headers: Record<string, string>
}

async function signUp(url: string, username: string): Promise<Person> {
  const answer = await fetch(`${url}/api/auth/register`, {
    method: 'POST',
    headers: JSON_HEADERS,
    body: JSON.stringify({
      username,
      email: `${username}@example.org`,
      password: 'correct horse battery staple'
    })
  })
  const { user, accessToken } = (await answer.json()) as { user: { id: string }; accessToken: string }
  return { id: user.id, headers: { ...JSON_HEADERS, authorization: `Bearer ${accessToken}` } }
}

let requestCount = 0

/** @returns the statuses of the answers, and the milliseconds that the first took */
async function send(url: string, { headers }: Person, request: WorstRequest, concurrency: number) {
  const { path, method = 'GET', type = 'application/json', body } = request
  const text = body?.()
  // A repeated page comes from the cache, so each request asks for another page.
  const nextPath = () => (path.includes('?') ? `${path}&limit=${1 + (requestCount++ % 200)}` : path)
  const begin = performance.now()
  const statuses = await Promise.all(
    Array.from({ length: concurrency }, async () => {
      const answer = await fetch(url + nextPath(), {
        method,
        headers: { ...headers, 'content-type': type },
        ...(text !== undefined && { body: text })
      })
      await answer.arrayBuffer()
      return answer.status
    })
  )
  return { status: [...new Set(statuses)].join(), ms: performance.now() - begin }
}

/** Sends a request, or as many as fit into the time, while somebody else uses the service. */
async function runCase(
  url: string,
  heavyUser: Person,
  ordinaryUser: Person,
  request: WorstRequest | undefined,
  concurrency: number
) {
  const end = new AbortController()
  const measuring = measureLatency(url, ordinaryUser.headers, end.signal)
  await sleep(PAUSE)
  const begin = performance.now()
  const responses: Awaited<ReturnType<typeof send>>[] = []
  const isRepeated = request !== undefined && request.method === undefined
  do {
    if (request) responses.push(await send(url, heavyUser, request, concurrency))
    if (!isRepeated) await sleep(Math.max(0, begin + CASE_DURATION - performance.now()))
  } while (performance.now() - begin < CASE_DURATION)
  end.abort()
  const { times, failures } = await measuring
  return { sent: responses, times, failures }
}

async function compare(url: string, heavyUser: Person, ordinaryUser: Person): Promise<string> {
  const head = [
    '',
    'at once',
    'status',
    'takes, s',
    'others: p50, ms',
    'p99, ms',
    'most, ms',
    'refused',
    `≤ ${MAX_P99}`
  ]
  const rows: string[][] = []
  const cases: [WorstRequest | undefined, number][] = [
    [undefined, 0],
    ...(values.only === 'writes' ? [] : reads).flatMap((request): [WorstRequest, number][] => [
      [request, 1],
      [request, concurrentReads]
    ]),
    ...(values.only === 'reads' ? [] : writes).map((request): [WorstRequest, number] => [request, 1])
  ]
  for (const [request, concurrency] of cases) {
    const title = request?.title ?? 'nothing'
    showProgress(title)
    const {
      sent: responses,
      times,
      failures
    } = await runCase(url, heavyUser, ordinaryUser, request, concurrency)
    const p99 = percentile(times, 0.99)
    rows.push([
      title,
      request ? `${concurrency}` : '',
      [...new Set(responses.map(({ status }) => status))].join(),
      responses.length === 0
        ? ''
        : (responses.reduce((sum, { ms }) => sum + ms, 0) / responses.length / 1000).toFixed(2),
      percentile(times, 0.5).toFixed(1),
      p99.toFixed(0),
      Math.max(...times).toFixed(0),
      `${failures} of ${times.length}`,
      p99 <= MAX_P99 && failures === 0 ? 'yes' : 'no'
    ])
    await sleep(PAUSE)
  }
  showProgress('')
  return formatTable([head, ...rows])
}

async function measure(database: string, folder: string) {
  const settings = {
    DATABASE_URL: database,
    JWT_SECRET: SECRET,
    ACCESS_TOKEN_TTL: '86400',
    RATE_LIMIT: 'off',
    MAIL_URL: 'off',
    LOG_LEVEL: 'warn'
  }
  const first = await launch([LATCHKEY], settings, folder)
  const [heavyUser, ordinaryUser] = [await signUp(first.url, 'hog'), await signUp(first.url, 'other')]
  await first.stop()

  const now = new Date()
  const [many, few] = [createPopulation('hog', 1, count, now), createPopulation('other', 1, 200, now)]
  for (const [population, { id }] of [
    [many, heavyUser],
    [few, ordinaryUser]
  ] as const)
    for (const user of population.users) Object.assign(user, { id })
  await fill(database, {
    users: [],
    todos: generateTodos([many, few], now),
    onProgress: todos => showProgress(`${todos} todos`)
  })
  const running = await launch([LATCHKEY], settings, folder)
  try {
    print(`${count} todos of one user, on ${values.postgres ? 'PostgreSQL' : 'SQLite'}\n`)
    print(await compare(running.url, heavyUser, ordinaryUser))
  } finally {
    await running.stop()
  }
}

const folder = createBenchFolder()
if (values.postgres) {
  const server = await startPostgres({ fsync: 'on', synchronous_commit: 'on' }, tmpdir())
  try {
    await measure(server.url, folder)
  } finally {
    await server.stop()
  }
} else await measure(`file:${join(folder, 'worst.db')}`, folder)
