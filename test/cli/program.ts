import type { Test } from 'tap'
import { type ProgramContext, run } from '../../src/cli/run.ts'
import { readConfig } from '../../src/config/config.ts'
import { emptyDatabase } from '../support/databases.ts'
import { SECRET, type Settings } from '../support/service.ts'

/** The program with fake streams around it, in this process. */
export function createProgram(settings: Settings = {}, { isTTY = false, now = () => new Date() } = {}) {
  return async (...args: string[]) => {
    const output = { stdout: '', stderr: '' }
    const stream = (name: keyof typeof output) => ({ isTTY, write: (text: string) => (output[name] += text) })
    const program: ProgramContext = {
      stdout: stream('stdout'),
      stderr: stream('stderr'),
      config: needs => readConfig(settings, needs),
      environment: settings,
      now,
      log: console
    }
    const code = await run(args, program)
    return { code, ...output }
  }
}

/** Settings for a database that the test's service has open, too: a file, or a server's. */
export async function sharedSettings(t: Test): Promise<Settings & { DATABASE_URL: string }> {
  const url = await emptyDatabase(t)
  const DATABASE_URL = url === ':memory:' ? `file:${t.testdir()}/latchkey.db` : url
  return { DATABASE_URL, JWT_SECRET: SECRET }
}
