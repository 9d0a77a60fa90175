import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { freePort } from '../test/support/free-port.ts'
import { formatTable } from './comparison/report.ts'
import { bearerApi } from './comparison/subjects.ts'
import { createBenchFolder } from './harness/folder.ts'
import { sendSteadily } from './harness/load.ts'
import { createPeople } from './harness/people.ts'
import { eventLoopTime, peakMemory, residentMemory } from './harness/process.ts'

/*
 * How fast a full outbox is sent to a mail server on this machine, what readers of todos notice of it, and what mail adds to
 * a registration: `npm run bench:mail -- [--mails 10000]`. The service runs on its own SQLite file; the mail server and the readers are
 * processes of their own, which share the cores with it.
 */

const SECONDS = 10
const CLIENTS = 4
const REGISTRATIONS = 80
const ROUNDS = 9
/** Milliseconds between two looks at the memory, and of how many it is told. */
const [MEMORY_INTERVAL, MEMORY_POINTS] = [500, 5]
const { values } = parseArgs({ options: { mails: { type: 'string', default: '10000' } } })
const mails = Number(values.mails)

const children: ChildProcess[] = []
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})
function start(file: string, env: NodeJS.ProcessEnv = {}) {
  const child = fork(join(import.meta.dirname, 'mail', file), { env: { ...process.env, ...env } })
  children.push(child)
  return child
}

const folder = createBenchFolder()
const [mailPort] = await once(start('receiver.ts'), 'message')

/** Starts the service on a file of its own. */
async function startService(name: string, settings: NodeJS.ProcessEnv) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = start('server.ts', {
    PORT: `${port}`,
    DATABASE_URL: `file:${join(folder, `${name}.db`)}`,
    JWT_SECRET: 'a secret that only the bench signs with',
    ACCESS_TOKEN_TTL: '3600',
    RATE_LIMIT: 'off',
    ...settings
  })
  while (!(await fetch(url).catch(() => undefined)));
  return { child, running: { url, pid: child.pid as number, stop: async () => {} } }
}

const withMail = await startService('with', {
  MAIL_URL: `smtp://127.0.0.1:${mailPort}`,
  MAIL_FROM: 'no-reply@example.org',
  PUBLIC_URL: 'https://id.example.org'
})
const withoutMail = await startService('without', { MAIL_URL: 'off' })

const { child, running } = withMail
const people = await createPeople(running.url, bearerApi, 10)
const reads = people.flatMap(({ todos, headers }) => todos.map(id => ({ path: `/api/todos/${id}`, headers })))

/** Reads todos. @returns the 99th percentile, and the processor time of the event loop meanwhile, in milliseconds */
async function readTodos() {
  const before = eventLoopTime(running)
  const p99 = await sendSteadily(running, SECONDS, reads)
  return { p99, time: eventLoopTime(running) - before }
}

await readTodos()
const idle = await readTodos()
const memoryBefore = peakMemory(running)
child.send(mails)
await once(child, 'message')
const memory = [residentMemory(running)]
const timer = setInterval(() => memory.push(residentMemory(running)), MEMORY_INTERVAL)
const end = once(child, 'message')
const busy = await readTodos()
const [milliseconds] = await end
clearInterval(timer)
const rate = (mails * 1000) / milliseconds
const memoryAfter = peakMemory(running)
/** The memory at the start, in the course and at the end of the sending. */
const memoryPoints = Array.from(
  { length: MEMORY_POINTS },
  (_, point) => memory[Math.round(((memory.length - 1) * point) / (MEMORY_POINTS - 1))] as number
)

/** Registers accounts, a few at a time. @returns milliseconds for each */
async function timeRegistrations({ url }: { url: string }, round: number): Promise<number> {
  const begin = performance.now()
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      for (let count = 0; count < REGISTRATIONS / CLIENTS; count++) {
        const username = `round${round}-${client}-${count}`
        const body = { username, email: `${username}@example.org`, password: 'correct horse battery staple' }
        const headers = { 'content-type': 'application/json' }
        const answer = await fetch(`${url}/api/auth/register`, {
          method: 'POST',
          headers,
          body: JSON.stringify(body)
        })
        if (answer.status !== 201) throw new Error(await answer.text())
      }
    })
  )
  return (performance.now() - begin) / REGISTRATIONS
}

const ratios: number[] = []
for (let round = 0; round <= ROUNDS; round++) {
  const plain = await timeRegistrations(withoutMail.running, round)
  const mailed = await timeRegistrations(running, round)
  // The first round is for warming up.
  if (round > 0) ratios.push(mailed / plain)
}
const median = ratios.toSorted((a, b) => a - b)[ratios.length >> 1] as number

process.stdout.write(
  `${cpus().length} cores of ${cpus()[0]?.model.trim()}; Node ${process.versions.node}\n\n${formatTable([
    [
      'mails',
      'a second',
      'peak MiB before',
      'peak MiB after',
      'MiB meanwhile',
      'p99 of reads idle, ms',
      'meanwhile, ms',
      'ms of the event loop a mail',
      'registering, parts of without mail'
    ],
    [
      `${mails}`,
      rate.toFixed(0),
      memoryBefore.toFixed(0),
      memoryAfter.toFixed(0),
      memoryPoints.map(mebibytes => mebibytes.toFixed(0)).join(', '),
      idle.p99.toFixed(1),
      busy.p99.toFixed(1),
      ((busy.time - idle.time) / (rate * SECONDS)).toFixed(2),
      median.toFixed(2)
    ]
  ])}`
)
process.exit()
