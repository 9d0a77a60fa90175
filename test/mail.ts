import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startMailServer } from './mail/mail-server.ts'
import { query } from './support/databases.ts'
import { freePort } from './support/free-port.ts'
import { startPostgres } from './support/postgres-server.ts'
import { type Running, send, start, stop } from './support/process.ts'
import { createRandom } from './support/random.ts'
import { PASSWORD, SECRET, type Settings } from './support/service.ts'

/*
 * Mails when processes are killed, and by way of a mail server that is not of Node: `npm run test:mail`. A claim holds for
 * a minute and a half, so mails that a killed process had claimed arrive that much later.
 */

const KILLS = Number(process.env.KILLS ?? 50)
/** Milliseconds within which every mail must have arrived after the last kill. */
const PATIENCE = 200_000
const CLIENTS = 4

type MailServer = Awaited<ReturnType<typeof startMailServer>>

/** Instances of the service, one of which is killed now and then. */
interface Fleet {
  readonly urls: () => string[]
  /** Kills a process with SIGKILL, and brings back what ended with it. */
  readonly kill: (random: () => number) => Promise<void>
}

const toMailSettings = ({ port }: MailServer): Settings => ({
  MAIL_URL: `smtp://127.0.0.1:${port}`,
  MAIL_FROM: 'no-reply@example.org',
  PUBLIC_URL: 'https://id.example',
  LOG_LEVEL: 'info'
})

/** The pid of a worker, as its lines of the log tell. */
function findWorkers({ child, log }: Running): number[] {
  const pids = new Set(log.map(({ pid }) => Number(pid)))
  pids.delete(child.pid ?? 0)
  return [...pids].filter(isAlive)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Two workers on one file of SQLite. */
async function startWorkers(t: Test, settings: Settings): Promise<Fleet> {
  const folder = t.testdir({ data: {} })
  const PORT = String(await freePort())
  const startAll = () =>
    start(t, folder, { ...settings, PORT, WEB_CONCURRENCY: '2', DATABASE_URL: 'file:data/latchkey.db' })
  let running = await startAll()
  return {
    urls: () => [running.url],
    async kill(random) {
      const workers = findWorkers(running)
      const worker = workers[Math.floor(random() * workers.length)]
      if (random() < 0.7 && worker !== undefined) return void process.kill(worker, 'SIGKILL')
      await stop(running.child, 'SIGKILL')
      for (const pid of workers) while (isAlive(pid)) await sleep(20)
      running = await startAll()
    }
  }
}

/** Two instances on one database of PostgreSQL. */
async function startInstances(t: Test, settings: Settings): Promise<Fleet> {
  const postgres = await startPostgres()
  t.teardown(postgres.stop)
  await query(postgres.url, 'create database latchkey')
  const DATABASE_URL = Object.assign(new URL(postgres.url), { pathname: 'latchkey' }).href
  const startOne = () => start(t, t.testdirName, { ...settings, DATABASE_URL, JWT_SECRET: SECRET })
  t.testdir({})
  const instances = [await startOne(), await startOne()]
  return {
    urls: () => instances.map(({ url }) => url),
    async kill(random) {
      const index = Math.floor(random() * instances.length)
      const instance = instances[index] as Running
      await stop(instance.child, 'SIGKILL')
      instances[index] = await startOne()
    }
  }
}

/** Registers accounts one after another, until told to stop. @returns the addresses whose registration was acknowledged */
async function registerAll(fleet: Fleet, client: number, signal: AbortSignal): Promise<string[]> {
  const acknowledged: string[] = []
  for (let count = 0; !signal.aborted; count++) {
    const urls = fleet.urls()
    const username = `user-${client}-${count}`
    const body = { username, email: `${username}@example.org`, password: PASSWORD }
    const status = await send(`${urls[count % urls.length]}/api/auth/register`, { body }).then(
      answer => answer.status,
      () => 0
    )
    if (status === 201) acknowledged.push(body.email)
    else await sleep(20)
  }
  return acknowledged
}

async function assertNothingIsLost(t: Test, fleet: Fleet, server: MailServer) {
  const random = createRandom(KILLS)
  const stopping = new AbortController()
  const loads = Array.from({ length: CLIENTS }, (_, client) => registerAll(fleet, client, stopping.signal))
  for (let kills = 0; kills < KILLS; kills++) {
    await sleep(200 + random() * 1200)
    await fleet.kill(random)
  }
  stopping.abort()
  const addresses = (await Promise.all(loads)).flat()
  const findMissing = () => {
    const arrived = new Set(server.received.flatMap(({ recipients }) => recipients))
    return addresses.filter(address => !arrived.has(address))
  }
  const end = Date.now() + PATIENCE
  while (findMissing().length > 0 && Date.now() < end) await sleep(500)
  t.ok(addresses.length > KILLS, `${addresses.length} registrations were acknowledged`)
  t.strictSame(findMissing(), [], 'every mail of an acknowledged request has arrived')

  const idsByAddress = new Map<string, Set<string | undefined>>()
  for (const { to, messageId } of await server.parse()) {
    const address = [to].flat()[0]?.text ?? ''
    idsByAddress.set(address, (idsByAddress.get(address) ?? new Set()).add(messageId))
  }
  const differing = [...idsByAddress].filter(([, ids]) => ids.size > 1).map(([address]) => address)
  t.strictSame(differing, [], 'a doubled mail has the same Message-ID')
  t.comment(`${server.received.length - idsByAddress.size} of ${server.received.length} mails were doubled`)
}

t.test(`[OUTBOX] ${KILLS} times kill -9, two workers on SQLite`, { timeout: 900_000 }, async t => {
  const server = await startMailServer(t)
  await assertNothingIsLost(t, await startWorkers(t, toMailSettings(server)), server)
})

t.test(`[OUTBOX] ${KILLS} times kill -9, two instances on PostgreSQL`, { timeout: 900_000 }, async t => {
  const server = await startMailServer(t)
  await assertNothingIsLost(t, await startInstances(t, toMailSettings(server)), server)
})

/** Prints each message that it gets as one line of JSON. */
const PYTHON_SERVER = `
import json, sys, time
from aiosmtpd.controller import Controller
class Handler:
    async def handle_DATA(self, server, session, envelope):
        print(json.dumps([envelope.mail_from, envelope.rcpt_tos, envelope.content.decode()]), flush=True)
        return '250 OK'
Controller(Handler(), hostname='127.0.0.1', port=int(sys.argv[1])).start()
print('listening', flush=True)
sys.stdin.read()
`

t.test('a mail server that is not of Node takes the mails', async t => {
  const port = await freePort()
  const python = spawn('/usr/bin/python3', ['-c', PYTHON_SERVER, String(port)], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  t.teardown(() => stop(python, 'SIGKILL'))
  const lines: string[] = []
  const reader = createInterface({ input: python.stdout }).on('line', line => lines.push(line))
  await once(reader, 'line')
  t.strictSame(lines, ['listening'])
  const settings = { MAIL_URL: `smtp://127.0.0.1:${port}`, MAIL_FROM: 'no-reply@example.org' }
  const { url } = await start(t, t.testdir({ data: {} }), { ...settings, PUBLIC_URL: 'https://id.example' })
  const arrived = once(reader, 'line')
  const body = { username: 'ada', email: 'ada@example.org', password: PASSWORD }
  t.equal((await send(`${url}/api/auth/register`, { body })).status, 201)
  await arrived
  const [from, to, content] = JSON.parse(`${lines[1]}`)
  t.strictSame([from, to], ['no-reply@example.org', ['ada@example.org']])
  t.match(content, /^Subject: Latchkey: the code to confirm your e-mail\r?$/m)
})
