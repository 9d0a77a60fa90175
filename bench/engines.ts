import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import autocannon from 'autocannon'
import { startPostgres } from '../test/postgres-server.ts'

/*
 * What a request costs on either engine: `npm run bench:engines`. The service runs as it ships, but for the rate limit
 * and the request log; PostgreSQL, too, writes to disk before it acknowledges. Engines take turns; medians of the rounds.
 */

const ROUNDS = 3
const SECONDS = 4
const CONNECTIONS = 16
const SERVER = join(import.meta.dirname, '../src/server.ts')
const JSON_TYPE = { 'content-type': 'application/json' }

interface Service {
  readonly name: string
  readonly child: ChildProcess
  readonly url: string
  readonly token: string
  readonly todo: string
}

async function start(name: string, DATABASE_URL: string): Promise<Service> {
  const { PATH } = process.env
  const settings = {
    DATABASE_URL,
    JWT_SECRET: 'a secret that only the bench signs with',
    PORT: '0',
    RATE_LIMIT: 'off'
  }
  const child = spawn(process.execPath, [SERVER], {
    cwd: tmpdir(),
    env: { PATH, ...settings, ACCESS_TOKEN_TTL: '3600' }
  })
  const url = await addressOf(child)
  const post = async (path: string, body: object, token = '') => {
    const headers = { ...JSON_TYPE, authorization: `Bearer ${token}` }
    const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    return (await response.json()) as { accessToken: string; id: string }
  }
  const account = { username: 'bench', email: 'bench@example.org', password: 'correct horse battery staple' }
  const { accessToken: token } = await post('/api/auth/register', account)
  const { id } = await post('/api/todos', { title: 'Buy milk' }, token)
  return { name, child, url, token, todo: id }
}

async function addressOf({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('the service has no output')
  const lines = createInterface({ input: stdout })
  for await (const line of lines) {
    const [, address] = /Latchkey listens on ([^"]+)/.exec(line) ?? []
    if (!address) continue
    // Unread, the rest of the log would fill the pipe.
    stdout.resume()
    return address
  }
  throw new Error('the service did not start')
}

const cases = [
  { name: 'read a todo', path: ({ todo }: Service) => `/api/todos/${todo}`, method: 'GET' as const },
  { name: 'list todos', path: () => '/api/todos?limit=20', method: 'GET' as const },
  { name: 'make a todo', path: () => '/api/todos', method: 'POST' as const, body: '{"title":"Buy milk"}' }
]

async function measure(service: Service, { path, method, body }: (typeof cases)[number]): Promise<number> {
  const headers = { authorization: `Bearer ${service.token}`, ...(body && JSON_TYPE) }
  const url = `${service.url}${path(service)}`
  const options = { url, method, headers, connections: CONNECTIONS, duration: SECONDS, ...(body && { body }) }
  const { requests, non2xx } = await autocannon(options)
  if (non2xx > 0) throw new Error(`${service.name}: ${non2xx} requests were refused`)
  return requests.average
}

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number

const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
const postgres = await startPostgres(
  { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' },
  tmpdir()
)
const services = [
  await start('SQLite', `file:${folder}/latchkey.db`),
  await start('PostgreSQL', postgres.url)
]
try {
  process.stdout.write(
    `| requests a second | ${services.map(({ name }) => name).join(' | ')} | ratio |\n|---|---|---|---|\n`
  )
  for (const each of cases) {
    const rates = services.map((): number[] => [])
    for (let round = 0; round < ROUNDS; round++)
      for (const [index, service] of services.entries()) rates[index]?.push(await measure(service, each))
    const [sqlite = 0, other = 0] = rates.map(median)
    process.stdout.write(
      `| ${each.name} | ${sqlite.toFixed(0)} | ${other.toFixed(0)} | ${(other / sqlite).toFixed(2)} |\n`
    )
  }
} finally {
  for (const { child } of services) {
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  await postgres.stop()
  rmSync(folder, { recursive: true })
}
