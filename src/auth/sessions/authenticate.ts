import type { Invalidation } from '../../db/engine.ts'
import { MAX_BULK_IDS, toIdParams } from '../../db/read-batches.ts'
import type { Store } from '../../db/store.ts'
import { Problem } from '../../problems/problem.ts'
import { authTables, type SessionRow } from '../tables.ts'
import {
  type AccessTokenClaims,
  assertBelongsToSession,
  getGeneration,
  type SessionState
} from '../tokens/access-tokens.ts'
import type { Tokens } from '../tokens/token-pairs.ts'
import type { Identity, User } from '../user.ts'
import { getRequiredLevel } from './authentication.ts'
import { sessionStatements } from './statements.ts'

/** The sender of a request that only reads, before the check of the session is done. */
export interface PendingIdentity {
  /**
   * Reads for the user of the access token, while the session is checked. This is the only way to the user's id, so the
   * check cannot be left out. What lasts longer than a request reads several times, and is checked each time.
   * @param work begins the read
   * @returns what the read resolves to, after the check has passed. A refusal wins over whatever the read comes to.
   * @throws {Problem} `access_token_revoked`, `access_token_stale` or `access_token_expired`
   */
  readonly read: <Result>(work: (userId: string) => Promise<Result>) => Promise<Result>
  /**
   * Checks the session once more. Of many checks at a time each costs little.
   * @throws {Problem} as `read`
   */
  readonly check: () => Promise<void>
}

/** A pending identity with the user id that the access token claims. The log may name this id; nothing else may use it. */
export interface ClaimedIdentity extends PendingIdentity {
  readonly claimedUserId: string
}

interface SessionWithUser {
  readonly session: SessionRow
  readonly user: User
  readonly hasSecondFactor: boolean
}

/** Finds out who sends an access token. The session is read for each request, so that its end takes effect at once. */
export function createAuthentication(store: Store, tokens: Tokens) {
  const { findWithUser, findManyWithUser, findState, findManyStates } = sessionStatements(store)
  const findSession = store.cached(async ids => {
    const rows =
      ids.length === 1
        ? await findWithUser.execute({ id: ids[0] })
        : await findManyWithUser.execute(toIdParams(ids))
    return new Map(rows.map(row => [row.session.id, row]))
  }, getInvalidations(store))

  const findSessionState = store.cached(
    async ids => {
      const rows =
        ids.length === 1
          ? await findState.execute({ id: ids[0] })
          : await findManyStates.execute(toIdParams(ids, MAX_BULK_IDS))
      return new Map(rows.map(row => [row.id, row]))
    },
    getInvalidations(store),
    MAX_BULK_IDS
  )

  /** Claims that have passed the check once. Their session belongs to their user for good, even after it has ended. */
  const confirmedClaims = new WeakSet<AccessTokenClaims>()

  async function authenticateClaims(claims: AccessTokenClaims): Promise<Identity> {
    const row = await findSession(claims.sid)
    if (!row) throw new Problem('access_token_revoked')
    assertCurrent(claims, row.session)
    confirmedClaims.add(claims)
    return toIdentity(row)
  }

  /**
   * @returns the sender of the access token
   * @throws {Problem} `access_token_invalid`, `access_token_expired`, `access_token_revoked`, or `access_token_stale` after
   *   a change of the password
   */
  async function authenticate(accessToken: string): Promise<Identity> {
    return authenticateClaims(tokens.access.verify(accessToken))
  }

  /**
   * Authenticates a request that only reads. The read runs beside the check of the session, which saves a round trip. The
   * first request with a token waits for the check, so that nothing is read for a user who does not own the session.
   * @throws {Problem} `access_token_invalid` or `access_token_expired`. Other refusals come from `read`, or from the wait.
   */
  function authenticateForRead(accessToken: string): ClaimedIdentity | Promise<ClaimedIdentity> {
    const claims = tokens.access.verify(accessToken)
    const identity: ClaimedIdentity = {
      claimedUserId: claims.sub,
      async read(work) {
        tokens.access.assertUnexpired(claims)
        const result = work(claims.sub)
        // Awaited below. When the check refuses the request, the outcome of the read does not matter.
        result.catch(() => {})
        await authenticateClaims(claims)
        return result
      },
      async check() {
        tokens.access.assertUnexpired(claims)
        const session = await findSessionState(claims.sid)
        if (!session) throw new Problem('access_token_revoked')
        assertCurrent(claims, session)
      }
    }
    return confirmedClaims.has(claims) ? identity : authenticateClaims(claims).then(() => identity)
  }

  return { authenticate, authenticateForRead }
}

function toIdentity({ session, user, ...account }: SessionWithUser): Identity {
  const { id: sessionId, authenticatedAt, assuranceLevel } = session
  return { ...user, sessionId, authenticatedAt, assuranceLevel, requiredLevel: getRequiredLevel(account) }
}

/** @throws {Problem} when a token is not, or no longer, good for its session */
function assertCurrent(claims: AccessTokenClaims, session: SessionState & Pick<SessionRow, 'endedAt'>): void {
  assertBelongsToSession(claims, session)
  if (session.endedAt) throw new Problem('access_token_revoked')
  if (getGeneration(claims) < session.minAccessGeneration) throw new Problem('access_token_stale')
  // The token was exchanged for the next one, by an instance whose clock is ahead of this instance's clock.
  if (getGeneration(claims) < session.generation) throw new Problem('access_token_expired')
}

/** The writes that change a session or its user. A user may have many sessions, so that a change of a user clears all. */
const getInvalidations = ({ kit }: Store): Invalidation[] => [
  { table: authTables(kit).sessions, on: ['update', 'delete'], id: authTables(kit).sessions.id },
  { table: authTables(kit).users, on: ['update', 'delete'] }
]
