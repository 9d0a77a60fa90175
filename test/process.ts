import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import type { Answer, Settings } from './service.ts'

const PROGRAM = join(import.meta.dirname, '../src/cli/main.ts')

/** A service in a process of its own. */
export interface Running {
  child: ChildProcess
  url: string
  /** What it has logged so far. */
  log: Record<string, unknown>[]
}

/** What makes the lines that a program runs count as covered, at the price of a slow start. */
const { PATH, NODE_V8_COVERAGE, NODE_OPTIONS } = process.env
const COUNTED = { NODE_V8_COVERAGE, NODE_OPTIONS }
const FAST = { NODE_COMPILE_CACHE: join(import.meta.dirname, '../.tap/compile-cache') }

/** Starts a command with nothing in its environment but the settings, in a folder without an .env of ours. */
export function launch(args: readonly string[], cwd: string, settings: Settings, isCounted: boolean) {
  const env = { PATH, ...(isCounted ? COUNTED : FAST), HOST: '127.0.0.1', PORT: '0', ...settings }
  return spawn(process.execPath, [PROGRAM, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
}

/**
 * Starts the service, waits until it listens, and ends it with the test.
 * @param isCounted whether the test is there for the lines of the program itself
 */
export async function start(
  t: Test,
  cwd: string,
  settings: Settings = {},
  isCounted = false
): Promise<Running> {
  const child = launch(['serve'], cwd, { RATE_LIMIT: 'off', ...settings }, isCounted)
  t.teardown(() => stop(child, 'SIGKILL'))
  const log: Running['log'] = []
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', line => {
      const entry = JSON.parse(line)
      log.push(entry)
      const [, address] = /^Latchkey listens on (.+)$/.exec(entry.msg) ?? []
      if (address) resolve(address)
    })
    child.on('exit', code => reject(new Error(`it ended with ${code}`)))
  })
  return { child, url, log }
}

/** Starts the service with settings that it must refuse; gives what it says, and its exit code. */
export const refuse = (cwd: string, settings: Settings) => run(['serve'], cwd, settings)

/** Runs a command to its end; gives what it says, and its exit code. */
export async function run(args: readonly string[], cwd: string, settings: Settings) {
  const child = launch(args, cwd, settings, true)
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => (said += text))
  const [code] = await once(child, 'close')
  return { code, said }
}

/** Ends a process and waits for its end. @returns the exit code, or the name of the signal that ended it */
export async function stop(child: ChildProcess, signal: NodeJS.Signals) {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal)
    await once(child, 'exit')
  }
  return child.exitCode ?? child.signalCode
}

/** Sends JSON and gives the status and the body of the answer. */
export async function send(url: string, { token, body }: { token?: string; body?: unknown } = {}) {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` })
    },
    ...(body !== undefined && { body: JSON.stringify(body) })
  })
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}
