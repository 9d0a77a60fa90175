import type { Config } from '../../config/config.ts'
import { type BoundStatement, isUndoneBy, mustAffectRow } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import type { SessionRow } from '../tables.ts'
import {
  calculateIdleExpiry,
  createTokenPairIssuer,
  type TokenPair,
  type Tokens
} from '../tokens/token-pairs.ts'
import type { VerifiedUser } from '../user.ts'
import { type AuthenticationMethod, toAssuranceLevel } from './authentication.ts'
import { createSessionEnds } from './end.ts'
import { sessionStatements } from './statements.ts'

export interface StartOptions {
  readonly methods?: readonly AuthenticationMethod[]
  readonly event?: 'account_created' | 'signed_in'
  readonly statements?: readonly BoundStatement[]
}

export function createStart(store: Store, tokens: Tokens, config: Config) {
  const { insert, listSurplus } = sessionStatements(store)
  const { endSessions } = createSessionEnds(store)
  const auditLog = createAuditLog(store)
  const issueTokenPair = createTokenPairIssuer(tokens, config)

  /** Ends the session that was idle for the longest time when the user has more than `MAX_SESSIONS`. */
  async function endSurplusSessions({ id, userId }: SessionRow, client: ClientInfo, now: Date) {
    const params = { userId, id, most: config.session.maxPerUser - 1 }
    // This read costs no commit, and seldom finds a session.
    const surplus = await listSurplus.execute({ ...params, now })
    if (surplus.length > 0)
      await endSessions('endSurplus', { ...params, reason: 'too_many_sessions' }, client)
  }

  /**
   * Begins a session.
   * @param options.methods how the user has shown who he is
   * @param options.event goes into the audit log
   * @param options.statements run in the transaction that begins the session
   * @returns the first token pair of the session
   * @throws {Problem} `invalid_credentials` when the user was deleted or disabled after the password was verified, has changed
   *   the password, or has got a second factor that the methods do not include
   * @throws {NoRowAffected} for one of the statements
   */
  return async function start(
    { passwordVersion, ...user }: VerifiedUser,
    client: ClientInfo,
    { methods = ['password'], event = 'signed_in', statements = [] }: StartOptions = {}
  ): Promise<TokenPair> {
    const now = store.now()
    const session: SessionRow = {
      id: store.newId(),
      userId: user.id,
      generation: 1,
      createdAt: now,
      rotatedAt: now,
      idleExpiresAt: calculateIdleExpiry(now, config),
      absoluteExpiresAt: new Date(now.getTime() + config.session.lifetimeMs),
      authenticatedAt: now,
      authenticationMethods: methods,
      assuranceLevel: toAssuranceLevel(methods),
      endedAt: null,
      endReason: null,
      minAccessGeneration: 0,
      retryKeyHash: null,
      ...client
    }
    const insertion = mustAffectRow(insert.bind({ ...session, passwordVersion }))
    await store
      .atomically(
        insertion,
        auditLog.bindEvent(user.id, event, client, { sessionId: session.id }),
        ...statements
      )
      .catch(error => {
        throw isUndoneBy(error, insertion) ? new Problem('invalid_credentials') : error
      })
    await endSurplusSessions(session, client, now)
    return issueTokenPair(session, user, now)
  }
}
