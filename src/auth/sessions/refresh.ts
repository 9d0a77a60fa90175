import { createHash } from 'node:crypto'
import type { Config } from '../../config/config.ts'
import { mayUseReserve } from '../../db/engine.ts'
import type { Store } from '../../db/store.ts'
import { Problem } from '../../problems/problem.ts'
import { count } from '../../process/counters.ts'
import { type ClientInfo, createAuditLog } from '../audit/audit-log.ts'
import { refreshes } from '../counters.ts'
import type { SessionRow } from '../tables.ts'
import {
  type AccessTokenClaims,
  assertBelongsToSession,
  isSuperseded,
  secondsUntilExpiry,
  toJti
} from '../tokens/access-tokens.ts'
import type { RefreshTokenClaims } from '../tokens/refresh-tokens.ts'
import {
  calculateIdleExpiry,
  createTokenPairIssuer,
  getSessionExpiry,
  type TokenPair,
  type Tokens
} from '../tokens/token-pairs.ts'
import { sessionStatements } from './statements.ts'

export interface RefreshRequest {
  readonly accessToken: string
  readonly refreshToken: string
  readonly client: ClientInfo
  /** Makes the request one that may be repeated, should its answer be lost. */
  readonly idempotencyKey?: string | undefined
}

/**
 * Refreshing a session: eight checks, each with an error of its own. Those that the database has a say in are one statement,
 * which tries them all at once; only a request that fails is gone through in their order.
 */
export function createRefresh(store: Store, tokens: Tokens, config: Config) {
  const statements = sessionStatements(store)
  const { findWithUser: find, end } = statements
  const auditLog = createAuditLog(store)
  const issueTokenPair = createTokenPairIssuer(tokens, config)

  /**
   * Exchanges a pair whose access token has expired, or which a change of the password made stale, for the next one; the
   * pair given never works again. A repeated request, with the key of the first, is answered as the first was.
   * @throws {Problem} a 401 or 409 whose `action` says what to do next
   */
  async function refresh(request: RefreshRequest): Promise<TokenPair> {
    const now = store.now()

    const accessClaims = tokens.access.verifyIgnoringExpiration(request.accessToken)
    if (!accessClaims) throw new Problem('access_token_invalid')

    const remaining = secondsUntilExpiry(accessClaims, now)
    if (remaining > 0 && !(await isRevokedOrStale(accessClaims)))
      throw new Problem('access_token_not_expired', { retryAfter: remaining })

    const refreshClaims = tokens.refresh.verify(request.refreshToken)
    const rotated = isPair(accessClaims, refreshClaims)
      ? await rotate(request, accessClaims.sub, refreshClaims, now)
      : undefined
    if (!rotated) return replayOrThrow(request, accessClaims, refreshClaims, now)
    count(store.counters.get(refreshes), 'rotated')
    return issueTokenPair(rotated.session, rotated.user, now)
  }

  /**
   * Moves the session on, in one conditional statement: of any number of parallel requests one wins.
   * @returns undefined when it did not, for whatever reason
   */
  async function rotate(
    { idempotencyKey, client: device }: RefreshRequest,
    userId: string,
    refreshClaims: RefreshTokenClaims,
    now: Date
  ) {
    const [row] = await statements.rotate.execute({
      id: refreshClaims.sessionId,
      userId,
      generation: refreshClaims.generation,
      now,
      idleExpiresAt: calculateIdleExpiry(now, config),
      retryKeyHash: hashRetryKey(idempotencyKey),
      ...device
    })
    if (!row) return undefined
    const { username, email, ...session } = row
    return { session, user: { id: session.userId, username, email } }
  }

  /**
   * Says again what the very same request was answered before, or why there is nothing to say.
   * @throws {Problem} the first check that fails; the last one is left when all others hold
   */
  async function replayOrThrow(
    request: RefreshRequest,
    accessClaims: AccessTokenClaims,
    refreshClaims: RefreshTokenClaims,
    now: Date
  ): Promise<TokenPair> {
    const [row] = await find.execute({ id: refreshClaims.sessionId })
    if (!row) throw new Problem('refresh_token_invalid')

    const { session, user } = row
    if (accessClaims.sid === session.id) assertBelongsToSession(accessClaims, session)
    if (now >= getSessionExpiry(session)) throw new Problem('refresh_token_expired')
    if (isReplay(request, accessClaims, refreshClaims, session, now)) {
      count(store.counters.get(refreshes), 'repeated')
      return issueTokenPair(session, user, now)
    }
    if (refreshClaims.generation !== session.generation)
      throw await handleReuse(session, refreshClaims, request.client, now)
    if (session.endedAt) throw new Problem('refresh_token_revoked')
    throw new Problem('token_pair_mismatch')
  }

  /** Whether an access token with time left is let in all the same no more, so that there is no going on with it. */
  async function isRevokedOrStale(accessClaims: AccessTokenClaims): Promise<boolean> {
    const [row] = await find.execute({ id: accessClaims.sid })
    if (!row) return true
    assertBelongsToSession(accessClaims, row.session)
    return row.session.endedAt !== null || isSuperseded(accessClaims, row.session)
  }

  /**
   * Whether this is the very request that made the present generation, which nobody has used yet: its answer was lost.
   * Tokens are functions of the session, so they are said again without having been kept.
   */
  function isReplay(
    { idempotencyKey }: RefreshRequest,
    accessClaims: AccessTokenClaims,
    refreshClaims: RefreshTokenClaims,
    session: SessionRow,
    now: Date
  ): boolean {
    return (
      idempotencyKey !== undefined &&
      hashRetryKey(idempotencyKey) === session.retryKeyHash &&
      refreshClaims.generation === session.generation - 1 &&
      isPair(accessClaims, refreshClaims) &&
      now.getTime() - session.rotatedAt.getTime() <= config.REFRESH_RETRY_WINDOW * 1000 &&
      !session.endedAt
    )
  }

  /**
   * A used token is refused whatever the reason. Just after the rotation its last holder may have lost a race between
   * two tabs; later, one of two holders is a thief, and the session ends for both (RFC 9700, section 4.14.2).
   */
  async function handleReuse(
    session: SessionRow,
    refreshClaims: RefreshTokenClaims,
    client: ClientInfo,
    now: Date
  ): Promise<Problem> {
    const age = now.getTime() - session.rotatedAt.getTime()
    const isPreviousGeneration = refreshClaims.generation === session.generation - 1
    if (isPreviousGeneration && age <= config.REFRESH_RACE_LEEWAY * 1000 && !session.endedAt)
      return new Problem('refresh_token_used', { action: 'use-latest' })

    await endReusedSession(session, client, now)
    return new Problem('refresh_token_used')
  }

  async function endReusedSession({ id, userId, ip, userAgent }: SessionRow, client: ClientInfo, now: Date) {
    const reason = 'reuse_detected'
    const [ended] = await store.atomically(mayUseReserve(end.bind({ id, userId, now, reason })))
    // Of several re-uses at once one ends the session, and is told of.
    if (ended.length === 0) return
    await store.atomically(
      auditLog.step(userId, 'refresh_token_reused', client, {
        sessionId: id,
        previousClient: { ip, userAgent }
      }),
      ...auditLog.endings(ended, userId, reason, client)
    )
  }

  async function refreshAndCount(request: RefreshRequest): Promise<TokenPair> {
    return refresh(request).catch(error => {
      if (error instanceof Problem) count(store.counters.get(refreshes), toOutcome(error))
      throw error
    })
  }

  return refreshAndCount
}

const toOutcome = (problem: Problem): string =>
  problem.toDocument('').action === 'use-latest' ? 'raced' : problem.code

/** Whether both tokens were given together. */
const isPair = ({ jti }: AccessTokenClaims, { sessionId, generation }: RefreshTokenClaims) =>
  jti === toJti(sessionId, generation)

/** What a session keeps of the key by which the request for its present pair may be repeated. */
export const hashRetryKey = (key: string | undefined) =>
  key === undefined ? null : createHash('sha256').update(key).digest('base64url')
