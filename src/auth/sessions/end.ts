import { type BoundStatement, mayUseReserve, mustAffectRow } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import type { Identity } from '../user.ts'
import type { EndReason } from './end-reasons.ts'
import type { Freshness } from './freshness.ts'
import { sessionStatements } from './statements.ts'

interface EndParams {
  readonly userId: string
  readonly reason: EndReason
  readonly id?: string
  readonly most?: number
}

/** Statements that end sessions and return the sessions that they ended. */
type EndStatement = 'end' | 'endAll' | 'endOthers' | 'endSurplus'

/** Ends sessions and writes their ends into the audit log. */
export function createSessionEnds(store: Store) {
  const statements = sessionStatements(store)
  const auditLog = createAuditLog(store)

  const bindEnd = (statement: EndStatement, params: EndParams) =>
    mayUseReserve(statements[statement].bind({ ...params, now: store.now() }))

  async function record<Ended extends readonly { id: string }[]>(
    ended: Ended,
    { userId, reason }: EndParams,
    source: ClientInfo
  ): Promise<Ended> {
    await auditLog.recordSessionEnds(ended, { userId, reason, source })
    return ended
  }

  /** @returns the sessions that have ended */
  async function endSessions(statement: EndStatement, params: EndParams, client: ClientInfo) {
    const [ended] = await store.atomically(bindEnd(statement, params))
    return record(ended, params, client)
  }

  /**
   * Ends sessions on behalf of another session.
   * @param sessionLock must affect that other session, which it finds no more once that has ended
   * @throws {NoRowAffected} when the lock finds nothing; then no session ends
   */
  async function endSessionsIfLive(
    sessionLock: BoundStatement<readonly unknown[]>,
    statement: EndStatement,
    params: EndParams,
    client: ClientInfo
  ) {
    const [, ended] = await store.atomically(sessionLock, bindEnd(statement, params))
    return record(ended, params, client)
  }

  return { endSessions, endSessionsIfLive }
}

export function createEndSession(store: Store, freshness: Freshness) {
  const { lockLive } = sessionStatements(store)
  const { endSessionsIfLive } = createSessionEnds(store)

  /**
   * Ends one session of the caller. To end another one than the own one takes a fresh session.
   * @throws {Problem} `session_not_found` when the caller has no such live session; `reauthentication_required`;
   *   `access_token_revoked` when the caller's own session has ended meanwhile
   */
  return async function endSession(caller: Identity, id: string, client: ClientInfo): Promise<void> {
    const isOwn = id === caller.sessionId
    const lock = isOwn
      ? mustAffectRow(lockLive.bind({ id, userId: caller.id, now: store.now() }))
      : freshness.bindLock(caller)
    const params = { userId: caller.id, id, reason: 'logout' } as const
    const ended = await endSessionsIfLive(lock, 'end', params, client).catch(
      freshness.refuseUnlessFresh(caller, lock)
    )
    if (ended.length === 0) throw new Problem('session_not_found')
  }
}
