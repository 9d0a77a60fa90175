import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { LATCHKEY } from '../comparison/subjects.ts'
import { launch, type Running } from './process.ts'

/**
 * Starts the service as released, without the rate limit and without mail.
 * @param home a folder to make, in which it runs
 * @param settings beside those; without a database it has a SQLite file
 */
export function startLatchkey(home: string, settings: NodeJS.ProcessEnv): Promise<Running> {
  mkdirSync(home)
  return launch(
    [LATCHKEY],
    {
      DATABASE_URL: `file:${join(home, 'latchkey.db')}`,
      JWT_SECRET: 'a secret that only the bench signs with',
      ACCESS_TOKEN_TTL: '3600',
      RATE_LIMIT: 'off',
      MAIL_URL: 'off',
      ...settings
    },
    home
  )
}
