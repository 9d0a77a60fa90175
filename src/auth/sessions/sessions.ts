import type { Config } from '../../config/config.ts'
import {
  type BoundStatement,
  type Invalidation,
  mayUseReserve,
  mustAffectRow,
  NoRowAffected
} from '../../db/engine.ts'
import { toIdParams } from '../../db/read-batches.ts'
import type { Store } from '../../db/store.ts'
import { Problem } from '../../problems/problem.ts'
import type { VerifiedUser } from '../accounts/users.ts'
import { type ClientInfo, createAuditLog } from '../audit/audit-log.ts'
import { authTables, type SessionRow } from '../tables.ts'
import {
  type AccessTokenClaims,
  assertBelongsToSession,
  belongsToSession,
  getGeneration,
  secondsUntilExpiry
} from '../tokens/access-tokens.ts'
import {
  calculateIdleExpiry,
  createTokenPairIssuer,
  type TokenPair,
  type Tokens
} from '../tokens/token-pairs.ts'
import type { User } from '../user.ts'
import type { EndReason } from './end-reasons.ts'
import { createRefresh } from './refresh.ts'
import { sessionStatements } from './statements.ts'

/** Which sessions a logout ends: the caller's own, all but that, or all. */
export type LogoutScope = 'local' | 'others' | 'all'

/** Who sends a request, and in which session. */
export interface Identity extends User {
  readonly sessionId: string
}

/** Who sends a request, as the access token has it, before it is known whether its session lives. */
export interface PendingIdentity {
  readonly userId: string
  /**
   * What is read, once the session is known to live, which is asked meanwhile. Whatever the reading comes to, a refusal
   * goes first.
   * @throws {Problem} `access_token_revoked` or `…_stale`
   */
  readonly read: <Result>(result: Promise<Result>) => Promise<Result>
}

/**
 * Sign-ins and what keeps them going. A session is one row, from the sign-in to its end; refreshing changes the row
 * and adds none.
 */
export function createSessions(store: Store, tokens: Tokens, config: Config) {
  const {
    insert: add,
    lockLive: hold,
    lockLatest: holdLatest,
    findWithUser: find,
    findManyWithUser: findSeveral,
    listLive: live,
    end,
    endAll,
    endOthers,
    listSurplus: surplus,
    endSurplus
  } = sessionStatements(store)
  const auditLog = createAuditLog(store)
  const issueTokenPair = createTokenPairIssuer(tokens, config)
  const getSession = store.cached(async ids => {
    const rows =
      ids.length === 1 ? await find.execute({ id: ids[0] }) : await findSeveral.execute(toIdParams(ids))
    return new Map(rows.map(row => [row.session.id, row]))
  }, getInvalidations(store))

  /** Claims that were held against their session: whose it is, at least, stays so. */
  const confirmedClaims = new WeakSet<AccessTokenClaims>()

  async function authenticateClaims(claims: AccessTokenClaims): Promise<Identity> {
    const row = await getSession(claims.sid)
    if (!row) throw new Problem('access_token_revoked')
    const { session, user } = row
    assertBelongsToSession(claims, session)
    if (session.endedAt) throw new Problem('access_token_revoked')
    if (getGeneration(claims) < session.minAccessGeneration) throw new Problem('access_token_stale')
    // It was exchanged for the next one, by an instance whose clock is ahead of this one's.
    if (getGeneration(claims) < session.generation) throw new Problem('access_token_expired')
    confirmedClaims.add(claims)
    return { ...user, sessionId: claims.sid }
  }

  /** Ends sessions by a statement that answers with those that it ended, and tells their user. */
  async function endAndRecord(
    statement: typeof end,
    params: EndParams,
    client: ClientInfo
  ): Promise<{ id: string }[]> {
    const [ended] = await store.atomically(mayUseReserve(statement.bind({ ...params, now: store.now() })))
    await auditLog.recordSessionEnds(ended, params.userId, params.reason, client)
    return ended
  }

  /** The same for a session that has to be live itself. @throws {NoRowAffected} when it is not */
  async function endIfLive(
    sessionLock: BoundStatement<readonly unknown[]>,
    statement: typeof end,
    params: EndParams,
    client: ClientInfo
  ): Promise<{ id: string }[]> {
    const endStatement = mayUseReserve(statement.bind({ ...params, now: store.now() }))
    const [, ended] = await store.atomically(mustAffectRow(sessionLock), endStatement)
    await auditLog.recordSessionEnds(ended, params.userId, params.reason, client)
    return ended
  }

  return {
    /**
     * Begins a session for a user who has proved to be one. Beyond `MAX_SESSIONS` the one idle for longest ends.
     * @param additionalStatements what is to be written together with it
     * @throws {Problem} `invalid_credentials` when the user has been deleted or disabled meanwhile, or has changed the password
     */
    async start(
      { passwordVersion, ...user }: VerifiedUser,
      client: ClientInfo,
      type: 'account_created' | 'signed_in' = 'signed_in',
      additionalStatements: readonly BoundStatement[] = []
    ): Promise<TokenPair> {
      const now = store.now()
      const session: SessionRow = {
        id: store.newId(),
        userId: user.id,
        generation: 1,
        createdAt: now,
        rotatedAt: now,
        idleExpiresAt: calculateIdleExpiry(now, config),
        absoluteExpiresAt: new Date(now.getTime() + config.SESSION_TTL * 1000),
        endedAt: null,
        endReason: null,
        minAccessGeneration: 0,
        retryKeyHash: null,
        ...client
      }
      try {
        const event = auditLog.step(user.id, type, client, { sessionId: session.id })
        await store.atomically(
          mustAffectRow(add.bind({ ...session, passwordVersion })),
          event,
          ...additionalStatements
        )
      } catch (error) {
        throw error instanceof NoRowAffected ? new Problem('invalid_credentials') : error
      }
      const most = { userId: user.id, id: session.id, most: config.MAX_SESSIONS - 1 }
      // To look first costs no commit, and there seldom is any.
      if ((await surplus.execute({ ...most, now })).length > 0)
        await endAndRecord(endSurplus, { ...most, reason: 'too_many_sessions' }, client)
      return issueTokenPair(session, user, now)
    },

    refresh: createRefresh(store, tokens, config),

    /**
     * Who sends this access token. The session is as it is at this moment, so that its end acts at once.
     * @throws {Problem} `access_token_invalid`, `…_expired`, `…_revoked`, or `…_stale` after a change of the password
     */
    async authenticate(accessToken: string): Promise<Identity> {
      return authenticateClaims(tokens.access.verify(accessToken))
    },

    /**
     * The same for a request that only reads: it need not wait for the session before it begins, and so does not take a
     * round trip more. The first one with a token does wait, since nothing is read for a user whose session it is not.
     * @throws {Problem} `access_token_invalid` or `…_expired`; the rest comes from `confirmed`, or from the wait
     */
    authenticateForRead(accessToken: string): PendingIdentity | Promise<PendingIdentity> {
      const claims = tokens.access.verify(accessToken)
      const pending: PendingIdentity = {
        userId: claims.sub,
        async read(result) {
          // What becomes of it is told below, or does not matter any more.
          result.catch(() => {})
          await authenticateClaims(claims)
          return result
        }
      }
      return confirmedClaims.has(claims) ? pending : authenticateClaims(claims).then(() => pending)
    },

    /** A user's live sessions, the last used first. There are at most `MAX_SESSIONS`. */
    async list(userId: string): Promise<SessionRow[]> {
      return live.execute({ userId, now: store.now() })
    },

    /**
     * @throws {Problem} `session_not_found` when the caller has no such live session; `access_token_revoked` when the
     *   caller's own has ended meanwhile
     */
    async end(caller: Identity, id: string, client: ClientInfo): Promise<void> {
      const params = { userId: caller.id, id, reason: 'logout' } as const
      const sessionLock = hold.bind({ id: caller.sessionId, userId: caller.id, now: store.now() })
      const ended = await endIfLive(sessionLock, end, params, client).catch(error => {
        throw toRevokedIfNoRow(error)
      })
      if (ended.length === 0) throw new Problem('session_not_found')
    },

    /**
     * Logs out. Does nothing, and says nothing, without a token, or when it is not ours or its session has ended. One that
     * would not be let in any more ends its own session at the most: who has an old token need not be its owner.
     * @returns the id of the user whose session it is
     */
    async logout(
      accessToken: string | undefined,
      scope: LogoutScope,
      client: ClientInfo
    ): Promise<string | undefined> {
      const claims =
        accessToken === undefined ? undefined : tokens.access.verifyIgnoringExpiration(accessToken)
      const [row] = claims ? await find.execute({ id: claims.sid }) : []
      if (!claims || !row || !belongsToSession(claims, row.session)) return undefined

      const params = { userId: claims.sub, id: claims.sid, reason: 'logout' } as const
      if (scope !== 'local' && secondsUntilExpiry(claims, store.now()) > 0) {
        const sessionLock = holdLatest.bind({
          ...params,
          generation: getGeneration(claims),
          now: store.now()
        })
        const statement = scope === 'all' ? endAll : endOthers
        const isDone = await endIfLive(sessionLock, statement, params, client).then(() => true, falseIfNoRow)
        if (isDone) return claims.sub
      }
      if (scope !== 'others') await endAndRecord(end, params, client)
      return claims.sub
    }
  }
}

/** What changes a session or its user. One row of a user may be of many sessions. */
const getInvalidations = ({ kit }: Store): Invalidation[] => [
  { table: authTables(kit).sessions, on: ['update', 'delete'], id: authTables(kit).sessions.id },
  { table: authTables(kit).users, on: ['update', 'delete'] }
]

export type Sessions = ReturnType<typeof createSessions>

/** A session that has ended meanwhile takes along what it began: nothing of that was done. */
export const toRevokedIfNoRow = (error: unknown): unknown =>
  error instanceof NoRowAffected ? new Problem('access_token_revoked') : error

function falseIfNoRow(error: unknown): false {
  if (error instanceof NoRowAffected) return false
  throw error
}

interface EndParams {
  readonly userId: string
  readonly reason: EndReason
  readonly id?: string
  readonly most?: number
}
