import type { Config } from '../../config/config.ts'
import type { Store } from '../../db/store.ts'
import type { SessionRow } from '../tables.ts'
import type { Tokens } from '../tokens/token-pairs.ts'
import { createAuthentication } from './authenticate.ts'
import { createEndSession } from './end.ts'
import { createFreshness } from './freshness.ts'
import { createLogout } from './logout.ts'
import { createRefresh } from './refresh.ts'
import { createStart } from './start.ts'
import { sessionStatements } from './statements.ts'

/**
 * Sessions, from sign-in to end. A session is one row for its whole life: a refresh updates the row and adds none.
 */
export function createSessions(store: Store, tokens: Tokens, config: Config) {
  const { listLive } = sessionStatements(store)

  return {
    start: createStart(store, tokens, config),
    refresh: createRefresh(store, tokens, config),
    ...createAuthentication(store, tokens),
    /** A user's live sessions, the last used first. There are at most `MAX_SESSIONS`. */
    list: async (userId: string): Promise<SessionRow[]> => listLive.execute({ userId, now: store.now() }),
    end: createEndSession(store, createFreshness(store, config)),
    logout: createLogout(store, tokens)
  }
}

export type Sessions = ReturnType<typeof createSessions>
