import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, globSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { freePort } from '../test/free-port.ts'

const { PATH } = process.env
/** Milliseconds between two looks whether a server answers, and how many looks it gets. */
const [PAUSE, LOOKS] = [20, 1500]

/** Whatever ends this process ends these with it. */
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
 * @param before what comes before the command, such as `taskset`
 */
export async function launch(
  args: readonly string[],
  settings: NodeJS.ProcessEnv,
  folder: string,
  before: readonly string[] = []
): Promise<Running> {
  const port = await freePort()
  const file = join(folder, 'log')
  const log = openSync(file, 'a')
  const env = { PATH, NODE_ENV: 'production', ...settings, PORT: `${port}` }
  const [program, ...rest] = [...before, process.execPath, ...args] as [string, ...string[]]
  const child = spawn(program, rest, { cwd: folder, env, stdio: ['ignore', log, log] })
  closeSync(log)
  children.add(child)
  child.once('exit', () => children.delete(child))
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  const stop = async () => {
    if (hasEnded()) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }

  const url = `http://127.0.0.1:${port}`
  for (let looks = 0; looks < LOOKS && !hasEnded(); looks += 1) {
    if (await answers(url)) return { url, pid: child.pid as number, stop }
    await setTimeout(PAUSE)
  }
  await stop()
  throw new Error(`${args.join(' ')} did not start:\n${readFileSync(file, 'utf8')}`)
}

const answers = (url: string) =>
  fetch(url).then(
    () => true,
    () => false
  )

/** Seconds of processor time in `REST` milliseconds, up to which a process is at rest. */
const BUSY = 0.01
const REST = 200

/** Waits until a process has done what it was asked for last: it goes on when nobody waits for it any more. */
export async function untilAtRest(running: Pick<Running, 'pid'>): Promise<void> {
  for (let taken = Number.POSITIVE_INFINITY; taken > BUSY; ) {
    const before = processorTime(running)
    await setTimeout(REST)
    taken = processorTime(running) - before
  }
}

/** The most MiB of memory that a process has held so far; where Linux tells. */
export function peakMemory({ pid }: Pick<Running, 'pid'>): number {
  if (process.platform !== 'linux') return Number.NaN
  const [, kibibytes] = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kibibytes) / 1024
}

/** The seconds of processor time that a process and its children have taken so far; where Linux tells. */
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
