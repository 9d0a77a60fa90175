import { createHash } from 'node:crypto'
import type { Config } from '../config.ts'
import { count } from '../counters.ts'
import type { SessionRow } from '../db/schema.ts'
import type { Store } from '../db/store.ts'
import { Problem } from '../errors.ts'
import { type AccessClaims, assertIsOf, isPast, jtiOf, secondsLeft } from './access-tokens.ts'
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

/**
 * Refreshing a session: eight checks, each with an error of its own. Those that the database has a say in are one statement,
 * which tries them all at once; only a request that fails is gone through in their order.
 */
export function refreshOf(store: Store, tokens: Tokens, config: Config) {
  const statements = sessionStatements(store)
  const { find, end } = statements
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
    if (left > 0 && !(await isOver(access)))
      throw new Problem('access_token_not_expired', { retryAfter: left })

    const presented = tokens.refresh.open(request.refreshToken)
    const rotated = isPair(access, presented) ? await rotate(request, access.sub, presented, now) : undefined
    if (!rotated) return repetition(request, access, presented, now)
    count(store.counters.refreshes, 'rotated')
    return issue(rotated.session, rotated.user, now)
  }

  /**
   * Moves the session on, in one conditional statement: of any number of parallel requests one wins.
   * @returns undefined when it did not, for whatever reason
   */
  async function rotate(
    { idempotencyKey, device }: RefreshRequest,
    userId: string,
    presented: RefreshClaims,
    now: Date
  ) {
    const [row] = await statements.rotate.execute({
      id: presented.sessionId,
      userId,
      generation: presented.generation,
      now,
      idleExpiresAt: idleExpiryOf(now, config),
      retryKeyHash: retryKeyHashOf(idempotencyKey),
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
  async function repetition(
    request: RefreshRequest,
    access: AccessClaims,
    presented: RefreshClaims,
    now: Date
  ): Promise<TokenPair> {
    const [found] = await find.execute({ id: presented.sessionId })
    if (!found) throw new Problem('refresh_token_invalid')

    const { session, user } = found
    if (access.sid === session.id) assertIsOf(access, session)
    if (now >= expiryOf(session)) throw new Problem('refresh_token_expired')
    if (isRepetition(request, access, presented, session, now)) {
      count(store.counters.refreshes, 'repeated')
      return issue(session, user, now)
    }
    if (presented.generation !== session.generation)
      throw await reuse(session, presented, request.device, now)
    if (session.endedAt) throw new Problem('refresh_token_revoked')
    throw new Problem('token_pair_mismatch')
  }

  /** Whether an access token with time left is let in all the same no more, so that there is no going on with it. */
  async function isOver(access: AccessClaims): Promise<boolean> {
    const [found] = await find.execute({ id: access.sid })
    if (!found) return true
    assertIsOf(access, found.session)
    return found.session.endedAt !== null || isPast(access, found.session)
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
      isPair(access, presented) &&
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

/** Whether both tokens were given together. */
const isPair = ({ jti }: AccessClaims, { sessionId, generation }: RefreshClaims) =>
  jti === jtiOf(sessionId, generation)

/** What a session keeps of the key by which the request for its present pair may be repeated. */
export const retryKeyHashOf = (key: string | undefined) =>
  key === undefined ? null : createHash('sha256').update(key).digest('base64url')
