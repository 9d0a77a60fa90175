import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import { countingEnvironment } from './process-coverage.ts'
import type { Answer, Settings } from './service.ts'

export const PROGRAM = join(import.meta.dirname, '../../src/cli/main.ts')

/** A service in a process of its own. */
export interface Running {
  child: ChildProcess
  url: string
  /** What it has logged so far. */
  log: Record<string, unknown>[]
}

/** Where what Node has compiled is kept: a start takes half as long with it, but counts lines less exactly. */
const NODE_COMPILE_CACHE = join(import.meta.dirname, '../../.tap/compile-cache')

/**
 * A command with its arguments, as a process whose lines tap does not count. It starts in half the time. Tap adds
 * NODE_OPTIONS to the environment of each child, so `env` removes them on the way.
 */
export const withoutCoverage = (...args: string[]): [file: string, args: string[]] => [
  'env',
  ['-u', 'NODE_OPTIONS', ...args]
]

/** JavaScript by which something goes wrong in a process as soon as a signal asks for it. */
export const runOnSignal = (script: string) =>
  `process.on('SIGUSR1', () => { setTimeout(() => { ${script} }) })`

/** The option of Node by which JavaScript that goes wrong runs in the same process. */
export const toImportOption = (code: string) => [
  '--import',
  `data:text/javascript,${encodeURIComponent(code)}`
]

/** Starts a command with nothing in its environment but the settings, in a folder without an .env of ours. */
export function launch(
  args: readonly string[],
  cwd: string,
  settings: Settings,
  isCovered: boolean,
  nodeOptions: readonly string[] = []
) {
  const [file, commandArguments] = withoutCoverage(process.execPath, ...nodeOptions, PROGRAM, ...args)
  const { PATH } = process.env
  const env = {
    PATH,
    ...(isCovered ? countingEnvironment : { NODE_COMPILE_CACHE }),
    HOST: '127.0.0.1',
    PORT: '0',
    ...settings
  }
  return spawn(file, commandArguments, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
}

/**
 * Starts the service, waits until it listens, and ends it with the test.
 * @param isCovered whether the test is there for the lines of the program itself
 * @param nodeOptions options of Node's: how much memory it may take, say
 */
export async function start(
  t: Test,
  cwd: string,
  settings: Settings = {},
  isCovered = false,
  nodeOptions: readonly string[] = []
): Promise<Running> {
  const child = launch(['serve'], cwd, { RATE_LIMIT: 'off', ...settings }, isCovered, nodeOptions)
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
export const runServe = (cwd: string, settings: Settings, isCovered = false) =>
  run(['serve'], cwd, settings, isCovered)

/** Runs a command to its end; gives what it says, and its exit code. */
export async function run(args: readonly string[], cwd: string, settings: Settings, isCovered = false) {
  const child = launch(args, cwd, settings, isCovered)
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
