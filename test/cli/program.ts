import type { Test } from 'tap'
import { run, type Surroundings } from '../../src/cli/run.ts'
import { readConfig } from '../../src/config.ts'
import { emptyDatabase } from '../databases.ts'
import { SECRET, type Settings } from '../service.ts'

/** The program with fake streams around it, in this process. */
export function programOf(settings: Settings = {}, { isTTY = false, now = () => new Date() } = {}) {
  return async (...args: string[]) => {
    const said = { stdout: '', stderr: '' }
    const stream = (name: keyof typeof said) => ({ isTTY, write: (text: string) => (said[name] += text) })
    const surroundings: Surroundings = {
      stdout: stream('stdout'),
      stderr: stream('stderr'),
      config: needs => readConfig(settings, needs),
      environment: settings,
      now,
      log: console
    }
    const code = await run(args, surroundings)
    return { code, ...said }
  }
}

/** Settings for a database that the test's service has open, too: a file, or a server's. */
export async function sharedSettings(t: Test): Promise<Settings & { DATABASE_URL: string }> {
  const url = await emptyDatabase(t)
  const DATABASE_URL = url === ':memory:' ? `file:${t.testdir()}/latchkey.db` : url
  return { DATABASE_URL, JWT_SECRET: SECRET }
}
