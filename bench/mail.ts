import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { freePort } from '../test/support/free-port.ts'
import { formatTable } from './comparison/report.ts'
import { bearerApi } from './comparison/subjects.ts'
import { createBenchFolder } from './harness/folder.ts'
import { sendSteadily } from './harness/load.ts'
import { createPeople } from './harness/people.ts'
import { peakMemory } from './harness/process.ts'

/*
 * How fast a full outbox is sent to a mail server on this machine, and what readers of todos notice of it:
 * `npm run bench:mail -- [--mails 10000]`. The service runs on its own SQLite file; the mail server and the readers are
 * processes of their own, which share the cores with it.
 */

const SECONDS = 10
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
const port = await freePort()
const url = `http://127.0.0.1:${port}`
const service = start('server.ts', {
  PORT: `${port}`,
  DATABASE_URL: `file:${join(folder, 'latchkey.db')}`,
  JWT_SECRET: 'a secret that only the bench signs with',
  ACCESS_TOKEN_TTL: '3600',
  RATE_LIMIT: 'off',
  MAIL_URL: `smtp://127.0.0.1:${mailPort}`,
  MAIL_FROM: 'no-reply@example.org',
  PUBLIC_URL: 'https://id.example.org'
})
const running = { url, pid: service.pid as number, stop: async () => {} }
while (!(await fetch(url).catch(() => undefined)));
const people = await createPeople(url, bearerApi, 10)
const reads = people.flatMap(({ todos, headers }) => todos.map(id => ({ path: `/api/todos/${id}`, headers })))

await sendSteadily(running, SECONDS, reads)
const idle = await sendSteadily(running, SECONDS, reads)
const memoryBefore = peakMemory(running)
service.send(mails)
await once(service, 'message')
const end = once(service, 'message')
const busy = await sendSteadily(running, SECONDS, reads)
const [milliseconds] = await end
process.stdout.write(
  formatTable([
    ['mails', 'a second', 'peak MiB before', 'peak MiB after', 'p99 of reads idle, ms', 'meanwhile, ms'],
    [
      `${mails}`,
      ((mails * 1000) / milliseconds).toFixed(0),
      memoryBefore.toFixed(0),
      peakMemory(running).toFixed(0),
      idle.toFixed(1),
      busy.toFixed(1)
    ]
  ])
)
process.exit()
