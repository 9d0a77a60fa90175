import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, globSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { freePort } from '../../test/support/free-port.ts'

const { PATH } = process.env
/** Milliseconds between two probes of a starting server, and the number of probes. */
const [POLL_INTERVAL, MAX_POLLS] = [20, 1500]

/** Child processes. They end with this process. */
const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** A server in a process of its own. */
export interface Running {
  readonly url: string
  readonly pid: number
  readonly stop: () => Promise<void>
}

/**
 * Starts a server, and waits until it answers. It finds its port in `PORT` and writes its log to a file, as it would in
 * production.
 * @param folder where it runs; a `log` is added
 * @param prefix what comes before the command, such as `taskset`
 */
export async function launch(
  args: readonly string[],
  settings: NodeJS.ProcessEnv,
  folder: string,
  prefix: readonly string[] = []
): Promise<Running> {
  const port = await freePort()
  const file = join(folder, 'log')
  const log = openSync(file, 'a')
  const env = { PATH, NODE_ENV: 'production', ...settings, PORT: `${port}` }
  const [program, ...rest] = [...prefix, process.execPath, ...args] as [string, ...string[]]
  const child = spawn(program, rest, { cwd: folder, env, stdio: ['ignore', log, log] })
  closeSync(log)
  children.add(child)
  child.once('exit', () => children.delete(child))
  const hasExited = () => child.exitCode !== null || child.signalCode !== null
  const stop = async () => {
    if (hasExited()) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }

  const url = `http://127.0.0.1:${port}`
  for (let polls = 0; polls < MAX_POLLS && !hasExited(); polls += 1) {
    if (await isAnswering(url)) return { url, pid: child.pid as number, stop }
    await setTimeout(POLL_INTERVAL)
  }
  await stop()
  throw new Error(`${args.join(' ')} did not start:\n${readFileSync(file, 'utf8')}`)
}

const isAnswering = (url: string) =>
  fetch(url).then(
    () => true,
    () => false
  )

/** Seconds of processor time in `REST` milliseconds, up to which a process is at rest. */
const IDLE_PROCESSOR_TIME = 0.01
const IDLE_INTERVAL = 200

/** Waits until a process has done what it was asked for last: it goes on when nobody waits for it any more. */
export async function waitUntilIdle(running: Pick<Running, 'pid'>): Promise<void> {
  for (let taken = Number.POSITIVE_INFINITY; taken > IDLE_PROCESSOR_TIME; ) {
    const before = processorTime(running)
    await setTimeout(IDLE_INTERVAL)
    taken = processorTime(running) - before
  }
}

/** The peak memory of a process in MiB, on Linux. */
export const peakMemory = (running: Pick<Running, 'pid'>): number =>
  readMemory(running, /^VmHWM:\s*(\d+) kB/m)

/** The memory of a process in MiB, on Linux. */
export const residentMemory = (running: Pick<Running, 'pid'>): number =>
  readMemory(running, /^VmRSS:\s*(\d+) kB/m)

function readMemory({ pid }: Pick<Running, 'pid'>, line: RegExp): number {
  if (process.platform !== 'linux') return Number.NaN
  const [, kibibytes] = line.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kibibytes) / 1024
}

/** The processor time of the thread of a process that has its event loop, in milliseconds, on Linux. */
export function eventLoopTime({ pid }: Pick<Running, 'pid'>): number {
  if (process.platform !== 'linux') return Number.NaN
  const [nanoseconds] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')
  return Number(nanoseconds) / 1e6
}

/** The processor time of a process and its children in seconds, on Linux. */
export function processorTime({ pid }: Pick<Running, 'pid'>): number {
  if (process.platform !== 'linux') return Number.NaN
  // After the program's name, in brackets, utime and stime are the 12th and 13th (proc(5)), in hundredths of a second.
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const fields = rest.split(' ')
  const children = globSync(`/proc/${pid}/task/*/children`)
    .flatMap(file => readFileSync(file, 'utf8').trim().split(' '))
    .filter(Boolean)
  const theirs = children.map(child => processorTime({ pid: Number(child) }))
  return theirs.reduce((sum, seconds) => sum + seconds, (Number(fields[11]) + Number(fields[12])) / 100)
}
