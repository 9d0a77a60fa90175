import type { BoundStatement } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import { type AuditSource, createAuditLog } from '../audit/audit-log.ts'
import type { AuthMails } from '../mails/mails.ts'
import type { User } from '../user.ts'
import { createSecondFactors } from './second-factors.ts'
import { factorStatements } from './statements.ts'

/** How all second factors of an account are removed. */
export interface FactorRemoval {
  /** How many factors count now. */
  readonly factors: number
  /** Come after a statement that locks the user, as the requests of the owner do. */
  readonly statements: readonly BoundStatement[]
}

/** Removes what an account has besides its password. */
export function createRemoveAllFactors(store: Store, mails: AuthMails) {
  const statements = factorStatements(store)
  const secondFactors = createSecondFactors(store)
  const auditLog = createAuditLog(store)

  /** Prepares to remove all second factors, with the recovery codes. The owner is told, unless there is none. */
  return async function prepareRemoval(user: User, source: AuditSource): Promise<FactorRemoval> {
    const userId = user.id
    const { authenticatorApps, passkeys } = await secondFactors.count(userId)
    const factors = authenticatorApps + passkeys
    const report = [
      auditLog.bindEvent(userId, 'factor_removed', source),
      mails.bindNotice('factor_removed', user, source, { factor: 'several' })
    ]
    return {
      factors,
      statements: [
        statements.removeAll.bind({ userId }),
        statements.removeAllPasskeys.bind({ userId }),
        statements.removeRecoveryCodes.bind({ userId }),
        statements.refreshSecondFactor.bind({ userId }),
        ...(factors > 0 ? report : [])
      ]
    }
  }
}
