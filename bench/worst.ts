import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startPostgres } from '../test/postgres-server.ts'
import { benchFolder } from './folder.ts'
import { fill } from './growth/bulk.ts'
import { crowdOf, todosOfAll } from './growth/crowd.ts'
import { launch } from './process.ts'
import { table } from './report.ts'
import { LATCHKEY } from './subjects.ts'
import { reads, type WorstRequest, writes } from './worst/requests.ts'
import { feel, percentile } from './worst/victim.ts'

/*
 * What others feel while one user sends the worst requests there are: `npm run bench:worst`, some minutes, on SQLite.
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
const [count, together] = [Number(values.todos), Number(values.together)]

/** The most milliseconds that others may wait, 99 times of 100. */
const MOST = 50
/** Milliseconds that a case lasts at least, and milliseconds of rest between two. */
const [SPAN, REST] = [3000, 500]
const SECRET = 'a secret that only the bench signs with'
const JSON_TYPE = { 'content-type': 'application/json' }

const say = (text: string) => process.stdout.write(`${text}\n`)
const tell = (what: string) => process.stderr.isTTY && process.stderr.write(`\r\u001b[K${what}`)

interface Person {
  readonly id: string
  readonly headers: Record<string, string>
}

async function signUp(url: string, username: string): Promise<Person> {
  const answer = await fetch(`${url}/api/auth/register`, {
    method: 'POST',
    headers: JSON_TYPE,
    body: JSON.stringify({
      username,
      email: `${username}@example.org`,
      password: 'correct horse battery staple'
    })
  })
  const { user, accessToken } = (await answer.json()) as { user: { id: string }; accessToken: string }
  return { id: user.id, headers: { ...JSON_TYPE, authorization: `Bearer ${accessToken}` } }
}

let asked = 0

/** @returns the statuses of the answers, and the milliseconds that the first took */
async function send(url: string, { headers }: Person, request: WorstRequest, atOnce: number) {
  const { path, method = 'GET', type = 'application/json', body } = request
  const text = body?.()
  // Pages that are asked for again are sent from memory; who means harm asks for others.
  const another = () => (path.includes('?') ? `${path}&limit=${1 + (asked++ % 200)}` : path)
  const begin = performance.now()
  const statuses = await Promise.all(
    Array.from({ length: atOnce }, async () => {
      const answer = await fetch(url + another(), {
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
async function meet(
  url: string,
  hog: Person,
  other: Person,
  request: WorstRequest | undefined,
  atOnce: number
) {
  const end = new AbortController()
  const feeling = feel(url, other.headers, end.signal)
  await sleep(REST)
  const begin = performance.now()
  const sent: Awaited<ReturnType<typeof send>>[] = []
  const isRepeated = request !== undefined && request.method === undefined
  do {
    if (request) sent.push(await send(url, hog, request, atOnce))
    if (!isRepeated) await sleep(Math.max(0, begin + SPAN - performance.now()))
  } while (performance.now() - begin < SPAN)
  end.abort()
  const { times, failures } = await feeling
  return { sent, times, failures }
}

async function compare(url: string, hog: Person, other: Person): Promise<string> {
  const head = [
    '',
    'at once',
    'status',
    'takes, s',
    'others: p50, ms',
    'p99, ms',
    'most, ms',
    'refused',
    `≤ ${MOST}`
  ]
  const rows: string[][] = []
  const cases: [WorstRequest | undefined, number][] = [
    [undefined, 0],
    ...(values.only === 'writes' ? [] : reads).flatMap((request): [WorstRequest, number][] => [
      [request, 1],
      [request, together]
    ]),
    ...(values.only === 'reads' ? [] : writes).map((request): [WorstRequest, number] => [request, 1])
  ]
  for (const [request, atOnce] of cases) {
    const title = request?.title ?? 'nothing'
    tell(title)
    const { sent, times, failures } = await meet(url, hog, other, request, atOnce)
    const p99 = percentile(times, 0.99)
    rows.push([
      title,
      request ? `${atOnce}` : '',
      [...new Set(sent.map(({ status }) => status))].join(),
      sent.length === 0 ? '' : (sent.reduce((sum, { ms }) => sum + ms, 0) / sent.length / 1000).toFixed(2),
      percentile(times, 0.5).toFixed(1),
      p99.toFixed(0),
      Math.max(...times).toFixed(0),
      `${failures} of ${times.length}`,
      p99 <= MOST && failures === 0 ? 'yes' : 'no'
    ])
    await sleep(REST)
  }
  tell('')
  return table([head, ...rows])
}

async function measure(database: string, folder: string) {
  const settings = {
    DATABASE_URL: database,
    JWT_SECRET: SECRET,
    ACCESS_TOKEN_TTL: '86400',
    RATE_LIMIT: 'off',
    LOG_LEVEL: 'warn'
  }
  const first = await launch([LATCHKEY], settings, folder)
  const [hog, other] = [await signUp(first.url, 'hog'), await signUp(first.url, 'other')]
  await first.stop()

  const now = new Date()
  const [many, few] = [crowdOf('hog', 1, count, now), crowdOf('other', 1, 200, now)]
  for (const [crowd, { id }] of [
    [many, hog],
    [few, other]
  ] as const)
    for (const user of crowd.users) Object.assign(user, { id })
  await fill(database, {
    users: [],
    todos: todosOfAll([many, few], now),
    told: todos => tell(`${todos} todos`)
  })
  const running = await launch([LATCHKEY], settings, folder)
  try {
    say(`${count} todos of one user, on ${values.postgres ? 'PostgreSQL' : 'SQLite'}\n`)
    say(await compare(running.url, hog, other))
  } finally {
    await running.stop()
  }
}

const folder = benchFolder()
if (values.postgres) {
  const server = await startPostgres({ fsync: 'on', synchronous_commit: 'on' }, tmpdir())
  try {
    await measure(server.url, folder)
  } finally {
    await server.stop()
  }
} else await measure(`file:${join(folder, 'worst.db')}`, folder)
