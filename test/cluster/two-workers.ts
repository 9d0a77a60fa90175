import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { createInterface } from 'node:readline'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { emptyDatabase } from '../support/databases.ts'
import { freePort } from '../support/free-port.ts'
import { launch, type Running, start, stop } from '../support/process.ts'
import { PASSWORD, SECRET, type Settings } from '../support/service.ts'

export const toAccount = (name: string) => ({
  username: name,
  email: `${name}@example.org`,
  password: PASSWORD
})

/** Waits until something has been logged. */
export async function waitForLog(log: Running['log'], matches: (entry: Running['log'][number]) => boolean) {
  for (;;) {
    const entry = log.find(matches)
    if (entry) return entry
    await sleep(10)
  }
}
export const isListening =
  (number: number) =>
  ({ msg }: Running['log'][number]) =>
    `${msg}`.startsWith(number === 1 ? 'Latchkey listens' : `Worker ${number} listens`)

/**
 * Starts a service of two workers, and waits until both serve.
 * @param isCounted whether the test is there for the lines of the program itself
 */
export async function startTwoWorkers(
  t: Test,
  settings: Settings = {},
  isCounted = false,
  nodeOptions: readonly string[] = []
) {
  const cwd = t.testdir()
  const database = await emptyDatabase(t)
  const DATABASE_URL = database === ':memory:' ? `file:${cwd}/latchkey.db` : database
  const allSettings = { DATABASE_URL, JWT_SECRET: SECRET, WEB_CONCURRENCY: '2', ...settings }
  const running = await start(t, cwd, allSettings, isCounted, nodeOptions)
  const pids: number[] = []
  for (const number of [1, 2]) pids.push((await waitForLog(running.log, isListening(number))).pid as number)
  return { ...running, cwd, pids }
}

/** Starts a service whose first worker waits for its database. */
export async function startWithoutDatabase(t: Test) {
  const DATABASE_URL = `postgres://127.0.0.1:${await freePort()}/nothing`
  const settings = { DATABASE_URL, JWT_SECRET: SECRET, WEB_CONCURRENCY: '2' }
  const child = launch(['serve'], t.testdir(), settings, true)
  t.teardown(() => stop(child, 'SIGKILL'))
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const { msg, pid } = JSON.parse(line)
  t.match(msg, /is not there yet/)
  return { child, pid: pid as number }
}

/** A client with one connection, which its requests share: it stays with one worker. */
export function openClient(t: Test, url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  return async function call(
    method: string,
    path: string,
    {
      token,
      body,
      headers
    }: { token?: string | undefined; body?: unknown; headers?: Record<string, string> } = {}
  ) {
    const call = request(`${url}${path}`, {
      method,
      agent,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers
      }
    }).end(body === undefined ? undefined : JSON.stringify(body))
    const [response] = await once(call, 'response')
    const id = String(response.headers['x-request-id'])
    const isEmpty = response.statusCode === 204
    // biome-ignore lint/suspicious/noExplicitAny: a test asserts what it expects of an answer, whatever its type says
    const answer: any = isEmpty ? response.resume() : await json(response)
    return { status: response.statusCode as number, body: isEmpty ? undefined : answer, id }
  }
}

/** Connections are handed out in turn, so the next two are to different workers. */
export const openTwoClients = (t: Test, url: string) => [openClient(t, url), openClient(t, url)] as const
