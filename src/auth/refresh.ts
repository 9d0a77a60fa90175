import type { Config } from '../config.ts'
import type { SessionRow } from '../db/schema.ts'
import type { Store } from '../db/store.ts'
import { Problem } from '../errors.ts'
import { jtiOf, secondsLeft } from './access-tokens.ts'
import type { RefreshClaims } from './refresh-tokens.ts'
import { sessionStatements } from './session-statements.ts'
import { expiryOf, idleExpiryOf, type TokenPair, type Tokens, tokenPairsOf } from './token-pairs.ts'

/** Refreshing a session: the eight checks of the design, in their order, each with an error of its own. */
export function refreshOf(store: Store, tokens: Tokens, config: Config) {
  const { find, rotate, end } = sessionStatements(store)
  const issue = tokenPairsOf(tokens, config)

  /**
   * Exchanges a pair whose access token has expired for the next one; the pair given never works again.
   * @throws {Problem} a 401 or 409 whose `action` says what to do next
   */
  async function refresh(accessToken: string, refreshToken: string): Promise<TokenPair> {
    const now = store.now()

    const access = tokens.access.open(accessToken)
    if (!access) throw new Problem('access_token_invalid')

    const left = secondsLeft(access, now)
    if (left > 0) throw new Problem('access_token_not_expired', { retryAfter: left })

    const presented = tokens.refresh.open(refreshToken)
    const [found] = await find.execute({ id: presented.sessionId })
    if (!found) throw new Problem('refresh_token_invalid')

    const { session, user } = found
    if (now >= expiryOf(session)) throw new Problem('refresh_token_expired')
    if (presented.generation !== session.generation) throw await reuse(session, presented, now)
    if (session.endedAt) throw new Problem('refresh_token_revoked')
    if (access.jti !== jtiOf(session.id, session.generation)) throw new Problem('token_pair_mismatch')

    const [rotated] = await rotate.execute({
      ...presented,
      id: session.id,
      now,
      idleExpiresAt: idleExpiryOf(now, config)
    })
    // The loser of a race meets the session as the winner left it, and one of the checks above refuses it.
    if (!rotated) return refresh(accessToken, refreshToken)
    return issue(rotated, user, now)
  }

  /**
   * A used token is refused whatever the reason. Just after the rotation its last holder may have lost a race between
   * two tabs; later, one of two holders is a thief, and the session ends for both (RFC 9700, section 4.14.2).
   */
  async function reuse(session: SessionRow, presented: RefreshClaims, now: Date): Promise<Problem> {
    const age = now.getTime() - session.rotatedAt.getTime()
    const isPredecessor = presented.generation === session.generation - 1
    if (isPredecessor && age <= config.REFRESH_RACE_LEEWAY * 1000 && !session.endedAt)
      return new Problem('refresh_token_used', { action: 'use-latest' })

    await end.execute({ id: session.id, now, reason: 'reuse_detected' })
    return new Problem('refresh_token_used')
  }

  return refresh
}
