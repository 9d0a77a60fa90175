import { createHash } from 'node:crypto'
import type { Config } from '../../config/config.ts'
import { mayUseReserve, mustAffectRow, NoRowAffected } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { count } from '../../process/counters.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import { refreshes } from '../counters.ts'
import { createAuthMails } from '../mails/mails.ts'
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
import type { User } from '../user.ts'
import { sessionStatements } from './statements.ts'

export interface RefreshRequest {
  readonly accessToken: string
  readonly refreshToken: string
  readonly client: ClientInfo
  /** Lets the client repeat the request when the answer was lost. */
  readonly idempotencyKey?: string | undefined
}

/**
 * Refreshes sessions. There are eight checks, each with its own error. One statement makes all checks that need the database
 * at once. Only when the statement updates nothing does the code go through the checks one by one, to find the error.
 */
export function createRefresh(store: Store, tokens: Tokens, config: Config) {
  const statements = sessionStatements(store)
  const { findWithUser, end } = statements
  const auditLog = createAuditLog(store)
  const mails = createAuthMails(store, config.mail !== undefined)
  const issueTokenPair = createTokenPairIssuer(tokens, config)

  /**
   * Exchanges a token pair for the next one. The access token must have expired, or be stale after a change of the password.
   * The old pair never works again. A repeated request with the same key gets the same answer.
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
   * Moves the session on to the next generation. The statement is conditional: of parallel requests one wins.
   * @returns undefined when the statement updated nothing, whatever the reason
   */
  async function rotate(
    { idempotencyKey, client }: RefreshRequest,
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
      ...client
    })
    if (!row) return undefined
    const { username, email, emailVerified, ...session } = row
    return { session, user: { id: session.userId, username, email, emailVerified } }
  }

  /**
   * Repeats the answer to a repeated request, or finds the reason for the refusal.
   * @throws {Problem} the first check that fails. When all others pass, the two tokens do not belong together.
   */
  async function replayOrThrow(
    request: RefreshRequest,
    accessClaims: AccessTokenClaims,
    refreshClaims: RefreshTokenClaims,
    now: Date
  ): Promise<TokenPair> {
    const [row] = await findWithUser.execute({ id: refreshClaims.sessionId })
    if (!row) throw new Problem('refresh_token_invalid')

    const { session, user } = row
    if (accessClaims.sid === session.id) assertBelongsToSession(accessClaims, session)
    if (now >= getSessionExpiry(session)) throw new Problem('refresh_token_expired')
    if (isReplay(request, accessClaims, refreshClaims, session, now)) {
      count(store.counters.get(refreshes), 'repeated')
      return issueTokenPair(session, user, now)
    }
    if (refreshClaims.generation !== session.generation)
      throw await handleReuse(session, user, refreshClaims, request.client, now)
    if (session.endedAt) throw new Problem('refresh_token_revoked')
    throw new Problem('token_pair_mismatch')
  }

  /** Whether an access token no longer works although it has not expired, so that a refresh is allowed. */
  async function isRevokedOrStale(accessClaims: AccessTokenClaims): Promise<boolean> {
    const [row] = await findWithUser.execute({ id: accessClaims.sid })
    if (!row) return true
    assertBelongsToSession(accessClaims, row.session)
    return row.session.endedAt !== null || isSuperseded(accessClaims, row.session)
  }

  /**
   * Whether this request repeats the request that made the present generation, because the answer was lost. The tokens are
   * functions of the session row, so the answer can be made again without stored tokens.
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
      isWithin(config.session.retryWindowMs, session.rotatedAt, now) &&
      !session.endedAt
    )
  }

  /**
   * Refuses a used refresh token. Shortly after the rotation its holder may have lost a race between two tabs. Later, one of
   * two holders is a thief, and the session ends for both (RFC 9700, section 4.14.2).
   */
  async function handleReuse(
    session: SessionRow,
    user: User,
    refreshClaims: RefreshTokenClaims,
    client: ClientInfo,
    now: Date
  ): Promise<Problem> {
    const isPreviousGeneration = refreshClaims.generation === session.generation - 1
    const isRecent = isWithin(config.session.raceLeewayMs, session.rotatedAt, now)
    if (isPreviousGeneration && isRecent && !session.endedAt)
      return new Problem('refresh_token_used', { action: 'use-latest' })

    await endReusedSession(session, user, client, now)
    return new Problem('refresh_token_used')
  }

  /** Of several re-uses at the same time one ends the session. Only that one is recorded and told. */
  async function endReusedSession(
    { id, userId, ip, userAgent }: SessionRow,
    user: User,
    client: ClientInfo,
    now: Date
  ) {
    const reason = 'reuse_detected'
    const [ended] = await store
      .atomically(
        mustAffectRow(mayUseReserve(end.bind({ id, userId, now, reason }))),
        mails.bindNotice('refresh_token_reused', user, client)
      )
      .catch(noRows)
    if (ended.length === 0) return
    await auditLog.recordSessionEnds(
      ended,
      { userId, reason, source: client },
      auditLog.bindEvent(userId, 'refresh_token_reused', client, {
        sessionId: id,
        previousClient: { ip, userAgent }
      })
    )
  }

  return async function refreshAndCount(request: RefreshRequest): Promise<TokenPair> {
    return refresh(request).catch(error => {
      if (error instanceof Problem) count(store.counters.get(refreshes), toOutcome(error))
      throw error
    })
  }
}

function noRows(error: unknown): [ended: { id: string }[]] {
  if (error instanceof NoRowAffected) return [[]]
  throw error
}

const toOutcome = (problem: Problem): string =>
  problem.toDocument('').action === 'use-latest' ? 'raced' : problem.code

/**
 * Whether two times are at most so many milliseconds apart, in either direction: the clock of another instance may be ahead
 * a little. A rotation far in the future was made by a wrong clock, and would be recent until the clock gets there.
 */
const isWithin = (milliseconds: number, rotatedAt: Date, now: Date) =>
  Math.abs(now.getTime() - rotatedAt.getTime()) <= milliseconds

/** Whether both tokens were issued together. */
const isPair = ({ jti }: AccessTokenClaims, { sessionId, generation }: RefreshTokenClaims) =>
  jti === toJti(sessionId, generation)

/** The hash of an `Idempotency-Key` that the session row keeps, to recognize a repeated request. */
export const hashRetryKey = (key: string | undefined) =>
  key === undefined ? null : createHash('sha256').update(key).digest('base64url')
