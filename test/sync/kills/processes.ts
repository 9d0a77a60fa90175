import type { Test } from 'tap'
import { isListening, startTwoWorkers, waitForLog } from '../../cluster/two-workers.ts'
import { emptyDatabase } from '../../support/databases.ts'
import { freePort } from '../../support/free-port.ts'
import { type Running, start, stop } from '../../support/process.ts'
import { SECRET } from '../../support/service.ts'

/** The processes of a service, of which a test kills one after another. */
export interface Processes {
  readonly urls: readonly string[]
  /** Kills one of the two without warning, and waits until another one serves in its place. */
  readonly kill: (index: 0 | 1) => Promise<void>
}

/** Two workers on a SQLite file, or two instances on PostgreSQL. */
export const startProcesses = (t: Test, settings: Record<string, string>): Promise<Processes> =>
  process.env.TEST_DATABASE_URL ? startInstances(t, settings) : startWorkers(t, settings)

async function startWorkers(t: Test, settings: Record<string, string>): Promise<Processes> {
  const { url, log, pids } = await startTwoWorkers(t, settings)
  const former = new Set(pids)
  return {
    urls: [url],
    async kill(index) {
      process.kill(Number(pids[index]), 'SIGKILL')
      const isReplacement = (entry: Running['log'][number]) =>
        isListening(index + 1)(entry) && !former.has(entry.pid as number)
      pids[index] = (await waitForLog(log, isReplacement)).pid as number
      former.add(pids[index])
    }
  }
}

async function startInstances(t: Test, settings: Record<string, string>): Promise<Processes> {
  const cwd = t.testdir()
  const DATABASE_URL = await emptyDatabase(t)
  const ports = [await freePort(), await freePort()]
  const startOn = (port: number | undefined) =>
    start(t, cwd, { DATABASE_URL, JWT_SECRET: SECRET, PORT: `${port}`, ...settings })
  const instances = await Promise.all(ports.map(startOn))
  return {
    urls: instances.map(({ url }) => url),
    async kill(index) {
      await stop((instances[index] as Running).child, 'SIGKILL')
      instances[index] = await startOn(ports[index])
    }
  }
}
