import type { Config } from '../config.ts'
import type { Store } from '../db/store.ts'
import { Problem } from '../errors.ts'
import { refreshOf } from './refresh.ts'
import { sessionStatements } from './session-statements.ts'
import { idleExpiryOf, type TokenPair, type Tokens, tokenPairsOf } from './token-pairs.ts'
import type { User } from './users.ts'

/** Which sessions a logout ends: the caller's own, all but that, or all. */
export type LogoutScope = 'local' | 'others' | 'all'

/**
 * Sign-ins and what keeps them going. A session is one row, from the sign-in to its end; refreshing changes the row
 * and adds none.
 */
export function sessionsOf(store: Store, tokens: Tokens, config: Config) {
  const { add, find, end, endAll, endOthers } = sessionStatements(store)
  const issue = tokenPairsOf(tokens, config)

  return {
    /** Begins a session for a user who has proved to be one. */
    async start(user: User): Promise<TokenPair> {
      const now = store.now()
      const session = {
        id: store.newId(),
        userId: user.id,
        generation: 1,
        createdAt: now,
        rotatedAt: now,
        idleExpiresAt: idleExpiryOf(now, config),
        absoluteExpiresAt: new Date(now.getTime() + config.SESSION_TTL * 1000),
        endedAt: null,
        endReason: null,
        minAccessGeneration: 0,
        retryKeyHash: null,
        userAgent: null,
        ip: null
      }
      await add.execute(session)
      return issue(session, user, now)
    },

    refresh: refreshOf(store, tokens, config),

    /**
     * Who sends this access token. The session is looked up each time, so that a logout acts at once.
     * @throws {Problem} `access_token_invalid`, `access_token_expired` or `access_token_revoked`
     */
    async identify(accessToken: string): Promise<User> {
      const { sid } = tokens.access.verify(accessToken)
      const [found] = await find.execute({ id: sid })
      if (!found || found.session.endedAt) throw new Problem('access_token_revoked')
      return found.user
    },

    /** Ends sessions. Does nothing, and says nothing, without a token, or when it is not ours or its session has ended before. */
    async end(accessToken: string | undefined, scope: LogoutScope): Promise<void> {
      const claims = accessToken === undefined ? undefined : tokens.access.open(accessToken)
      const [found] = claims ? await find.execute({ id: claims.sid }) : []
      if (!found || found.session.endedAt) return
      const statement = { local: end, others: endOthers, all: endAll }[scope]
      await statement.execute({
        id: found.session.id,
        userId: found.user.id,
        now: store.now(),
        reason: 'logout'
      })
    }
  }
}

export type Sessions = ReturnType<typeof sessionsOf>
