import { buildApp } from '../../src/app.ts'
import { readConfig } from '../../src/config/config.ts'
import type { TokenPair } from '../harness/people.ts'

const USERS = 20
/** Sessions begun at the same time. */
const BATCH = 500
const SESSION_AGE = 60_000
const CLIENT = { ip: '127.0.0.1', userAgent: null }

/**
 * Begins sessions in Latchkey's database, as sign-ins of a minute ago would have, but for the hashing. Latchkey refuses
 * to refresh before the access token has expired, so a load of refreshes needs as many sessions as are refreshed in the
 * one second that such a token lives at least.
 */
export async function createLatchkeySessions(
  settings: NodeJS.ProcessEnv,
  count: number
): Promise<TokenPair[]> {
  const config = readConfig({ ...settings, MAX_SESSIONS: '1000', LOG_LEVEL: 'silent' })
  const app = await buildApp({ config, clock: () => new Date(Date.now() - SESSION_AGE) })
  await app.ready()
  const users = await Promise.all(
    Array.from({ length: USERS }, async (_, index) => {
      const username = `refresher${index}`
      const registration = {
        username,
        email: `${username}@example.org`,
        password: 'correct horse battery staple'
      }
      const { user } = await app.accounts.register(registration, CLIENT)
      return { ...user, passwordVersion: 0 }
    })
  )
  const pairs: TokenPair[] = []
  while (pairs.length < count) {
    const started = Array.from({ length: BATCH }, (_, index) => {
      const user = users[index % USERS] as (typeof users)[number]
      return app.sessions.start(user, CLIENT)
    })
    for (const { accessToken, refreshToken } of await Promise.all(started))
      pairs.push({ accessToken, refreshToken })
  }
  await app.close()
  return pairs
}
