import { mustAffectRow, NoRowAffected } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { belongsToSession, getGeneration, secondsUntilExpiry } from '../tokens/access-tokens.ts'
import type { Tokens } from '../tokens/token-pairs.ts'
import { createSessionEnds } from './end.ts'
import { sessionStatements } from './statements.ts'

/** The sessions that a logout ends: the session of the token, the user's other sessions, or all. */
export const logoutScopes = ['local', 'others', 'all'] as const
export type LogoutScope = (typeof logoutScopes)[number]

export function createLogout(store: Store, tokens: Tokens) {
  const { findWithUser, lockLatest } = sessionStatements(store)
  const { endSessions, endSessionsIfLive } = createSessionEnds(store)

  /**
   * Logs out. A missing or foreign token and an ended session change nothing and are no errors. An expired or stale token
   * ends its own session at most, since its holder need not be the owner.
   * @returns the id of the user who owns the session
   */
  return async function logout(
    accessToken: string | undefined,
    scope: LogoutScope,
    client: ClientInfo
  ): Promise<string | undefined> {
    const claims = accessToken === undefined ? undefined : tokens.access.verifyIgnoringExpiration(accessToken)
    const [row] = claims ? await findWithUser.execute({ id: claims.sid }) : []
    if (!claims || !row || !belongsToSession(claims, row.session)) return undefined

    const params = { userId: claims.sub, id: claims.sid, reason: 'logout' } as const
    if (scope !== 'local' && secondsUntilExpiry(claims, store.now()) > 0) {
      const sessionLock = mustAffectRow(
        lockLatest.bind({ ...params, generation: getGeneration(claims), now: store.now() })
      )
      const statement = scope === 'all' ? 'endAll' : 'endOthers'
      const isDone = await endSessionsIfLive(sessionLock, statement, params, client).then(
        () => true,
        falseIfNoRow
      )
      if (isDone) return claims.sub
    }
    if (scope !== 'others') await endSessions('end', params, client)
    return claims.sub
  }
}

function falseIfNoRow(error: unknown): false {
  if (error instanceof NoRowAffected) return false
  throw error
}
