import { createHash } from 'node:crypto'
import type { Config } from '../config.ts'
import { count } from '../counters.ts'
import type { SessionRow } from '../db/schema.ts'
import type { Store } from '../db/store.ts'
import { Problem } from '../errors.ts'
import { type AccessClaims, generationOf, jtiOf, secondsLeft } from './access-tokens.ts'
import { type Device, eventsOf } from './events.ts'
import type { RefreshClaims } from './refresh-tokens.ts'
import { sessionStatements } from './session-statements.ts'
import { expiryOf, idleExpiryOf, type TokenPair, type Tokens, tokenPairsOf } from './token-pairs.ts'

export interface RefreshRequest {
  readonly accessToken: string
  readonly refreshToken: string
  readonly device: Device
  /** Makes the request one that may be repeated, should its answer be lost. */
  readonly idempotencyKey?: string | undefined
}

/** Refreshing a session: the eight checks of the design, in their order, each with an error of its own. */
export function refreshOf(store: Store, tokens: Tokens, config: Config) {
  const { find, rotate, end } = sessionStatements(store)
  const events = eventsOf(store)
  const issue = tokenPairsOf(tokens, config)

  /**
   * Exchanges a pair whose access token has expired, or which a change of the password made stale, for the next one; the
   * pair given never works again. A repeated request, with the key of the first, is answered as the first was.
   * @throws {Problem} a 401 or 409 whose `action` says what to do next
   */
  async function refresh(request: RefreshRequest): Promise<TokenPair> {
    const now = store.now()

    const access = tokens.access.open(request.accessToken)
    if (!access) throw new Problem('access_token_invalid')

    const left = secondsLeft(access, now)
    if (left > 0 && !(await isStale(access)))
      throw new Problem('access_token_not_expired', { retryAfter: left })

    const presented = tokens.refresh.open(request.refreshToken)
    const [found] = await find.execute({ id: presented.sessionId })
    if (!found) throw new Problem('refresh_token_invalid')

    const { session, user } = found
    if (now >= expiryOf(session)) throw new Problem('refresh_token_expired')
    if (isRepetition(request, access, presented, session, now)) {
      count(store.counters.refreshes, 'repeated')
      return issue(session, user, now)
    }
    if (presented.generation !== session.generation)
      throw await reuse(session, presented, request.device, now)
    if (session.endedAt) throw new Problem('refresh_token_revoked')
    if (access.jti !== jtiOf(session.id, session.generation)) throw new Problem('token_pair_mismatch')

    const [rotated] = await rotate.execute({
      id: session.id,
      generation: presented.generation,
      now,
      idleExpiresAt: idleExpiryOf(now, config),
      retryKeyHash: retryKeyHashOf(request.idempotencyKey),
      ...request.device
    })
    // The loser of a race meets the session as the winner left it, and one of the checks above refuses it.
    if (!rotated) return refresh(request)
    count(store.counters.refreshes, 'rotated')
    return issue(rotated, user, now)
  }

  async function isStale(access: AccessClaims): Promise<boolean> {
    const [found] = await find.execute({ id: access.sid })
    return found !== undefined && generationOf(access) < found.session.minAccessGeneration
  }

  /**
   * Whether this is the very request that made the present generation, which nobody has used yet: its answer was lost.
   * Tokens are functions of the session, so they are said again without having been kept.
   */
  function isRepetition(
    { idempotencyKey }: RefreshRequest,
    access: AccessClaims,
    presented: RefreshClaims,
    session: SessionRow,
    now: Date
  ): boolean {
    return (
      idempotencyKey !== undefined &&
      retryKeyHashOf(idempotencyKey) === session.retryKeyHash &&
      presented.generation === session.generation - 1 &&
      access.jti === jtiOf(session.id, presented.generation) &&
      now.getTime() - session.rotatedAt.getTime() <= config.REFRESH_RETRY_WINDOW * 1000 &&
      !session.endedAt
    )
  }

  /**
   * A used token is refused whatever the reason. Just after the rotation its last holder may have lost a race between
   * two tabs; later, one of two holders is a thief, and the session ends for both (RFC 9700, section 4.14.2).
   */
  async function reuse(
    session: SessionRow,
    presented: RefreshClaims,
    device: Device,
    now: Date
  ): Promise<Problem> {
    const age = now.getTime() - session.rotatedAt.getTime()
    const isPredecessor = presented.generation === session.generation - 1
    if (isPredecessor && age <= config.REFRESH_RACE_LEEWAY * 1000 && !session.endedAt)
      return new Problem('refresh_token_used', { action: 'use-latest' })

    await endForReuse(session, device, now)
    return new Problem('refresh_token_used')
  }

  async function endForReuse({ id, userId, ip, userAgent }: SessionRow, device: Device, now: Date) {
    const reason = 'reuse_detected'
    const ended = await end.execute({ id, userId, now, reason })
    // Of several re-uses at once one ends the session, and is told of.
    if (ended.length === 0) return
    await store.atomically(
      events.step(userId, 'refresh_token_reused', device, { sessionId: id, other: { ip, userAgent } }),
      ...events.endings(ended, userId, reason, device)
    )
  }

  async function counted(request: RefreshRequest): Promise<TokenPair> {
    return refresh(request).catch(error => {
      if (error instanceof Problem) count(store.counters.refreshes, outcomeOf(error))
      throw error
    })
  }

  return counted
}

const outcomeOf = (refusal: Problem): string =>
  refusal.document('').action === 'use-latest' ? 'raced' : refusal.code

/** What a session keeps of the key by which the request for its present pair may be repeated. */
export const retryKeyHashOf = (key: string | undefined) =>
  key === undefined ? null : createHash('sha256').update(key).digest('base64url')
