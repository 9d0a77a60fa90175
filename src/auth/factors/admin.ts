import type { BoundStatement } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import { accountStatements } from '../accounts/statements.ts'
import { createAuditLog, NO_CLIENT } from '../audit/audit-log.ts'
import type { AuthMails } from '../mails/mails.ts'
import { personalAccessTokenStatements } from '../personal-access-tokens/statements.ts'
import { sessionStatements } from '../sessions/statements.ts'
import type { User } from '../user.ts'
import { factorStatements } from './statements.ts'

/** How an account can be signed in to, and in how many places it is. */
export interface AccountAccess {
  readonly hasPassword: boolean
  readonly authenticatorApps: number
  readonly passkeys: number
  readonly recoveryCodes: number
  readonly sessions: number
  /** Those that have not expired. */
  readonly personalAccessTokens: number
}

/** What takes the second factors off an account. The statements belong into one transaction, the lock first. */
export interface FactorRemoval {
  /** Locks the user, as the requests of the owner do. */
  readonly lock: BoundStatement
  readonly statements: readonly BoundStatement[]
}

/** What an operator sees and does of other people's second factors. */
export function createFactorAdmin(store: Store, mails: AuthMails) {
  const statements = factorStatements(store)
  const { findById } = accountStatements(store)
  const { listLive } = sessionStatements(store)
  const { list: listTokens } = personalAccessTokenStatements(store)
  const auditLog = createAuditLog(store)

  async function describeAccess({ id: userId }: Pick<User, 'id'>): Promise<AccountAccess> {
    const now = store.now()
    const [[user], apps, passkeys, [codes], sessions, tokens] = await Promise.all([
      findById.execute({ userId }),
      statements.listConfirmed.execute({ userId }),
      statements.listPasskeys.execute({ userId }),
      statements.countRecoveryCodes.execute({ userId }),
      listLive.execute({ userId, now }),
      listTokens.execute({ userId })
    ])
    return {
      hasPassword: Boolean(user?.passwordHash),
      authenticatorApps: apps.length,
      passkeys: passkeys.length,
      recoveryCodes: Number(codes?.count),
      sessions: sessions.length,
      personalAccessTokens: tokens.filter(({ expiresAt }) => expiresAt > now).length
    }
  }

  /**
   * Prepares to remove all second factors of somebody who has lost them, with the recovery codes. The owner is told, unless
   * there is none.
   * @param access of the user
   */
  function prepareRemoval(user: User, access: AccountAccess): FactorRemoval {
    const userId = user.id
    const report = [
      auditLog.bindEvent(userId, 'factor_removed', NO_CLIENT),
      mails.bindNotice('factor_removed', user, NO_CLIENT, { factor: 'several' })
    ]
    return {
      lock: statements.refreshSecondFactor.bind({ userId }),
      statements: [
        statements.removeAll.bind({ userId }),
        statements.removeAllPasskeys.bind({ userId }),
        statements.removeRecoveryCodes.bind({ userId }),
        statements.refreshSecondFactor.bind({ userId }),
        ...(countFactors(access) > 0 ? report : [])
      ]
    }
  }

  return { describeAccess, prepareRemoval }
}

/** How many second factors count. */
export const countFactors = ({ authenticatorApps, passkeys }: AccountAccess): number =>
  authenticatorApps + passkeys
