import { type BoundStatement, mayUseReserve } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import { type AuditSource, createAuditLog } from '../audit/audit-log.ts'
import type { EndReason } from '../sessions/end-reasons.ts'
import { personalAccessTokenStatements } from './statements.ts'

/** Ends the tokens of an account together with its sessions: who is to be kept out may have made some. */
export function createTokenEnds(store: Store) {
  const { removeAll } = personalAccessTokenStatements(store)
  const auditLog = createAuditLog(store)

  return {
    /** The statement that ends all tokens of a user, and returns them. */
    bindEndAll: (userId: string) => mayUseReserve(removeAll.bind({ userId })),

    /** The statements that write the end of each token into the audit log. */
    bindEndEvents: (
      ended: readonly { id: string }[],
      { userId, reason, source }: { userId: string; reason: EndReason; source: AuditSource }
    ): BoundStatement[] =>
      ended.map(() =>
        mayUseReserve(auditLog.bindEvent(userId, 'token_revoked', source, { endReason: reason }))
      )
  }
}
