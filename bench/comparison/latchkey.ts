import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createPeople } from '../harness/people.ts'
import { launch } from '../harness/process.ts'
import { type Service, TODOS } from './cases.ts'
import { bearerApi, LATCHKEY } from './subjects.ts'

/**
 * Starts Latchkey as it ships, but for the rate limit, in a folder of its own, and signs its people up.
 * @param settings those in which it differs from another one
 */
export async function startLatchkey(home: string, settings: NodeJS.ProcessEnv): Promise<Service> {
  mkdirSync(home)
  const all = {
    DATABASE_URL: `file:${join(home, 'latchkey.db')}`,
    JWT_SECRET: 'a secret that only the bench signs with',
    ACCESS_TOKEN_TTL: '3600',
    RATE_LIMIT: 'off',
    MAIL_URL: 'off',
    ...settings
  }
  const running = await launch([LATCHKEY], all, home)
  return { ...running, api: bearerApi, people: await createPeople(running.url, bearerApi, TODOS), pairs: [] }
}
