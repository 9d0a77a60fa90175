import type { Store } from '../../db/store.ts'
import { accountStatements } from '../accounts/statements.ts'
import { NO_CLIENT } from '../audit/audit-log.ts'
import type { AuthMails } from '../mails/mails.ts'
import { sessionStatements } from '../sessions/statements.ts'
import type { User } from '../user.ts'
import { createRemoveAllFactors } from './remove-all.ts'
import { factorStatements } from './statements.ts'

/** How an account can be signed in to, and in how many places it is. */
export interface AccountAccess {
  readonly hasPassword: boolean
  readonly authenticatorApps: number
  readonly passkeys: number
  readonly recoveryCodes: number
  readonly sessions: number
}

/** What an operator sees and does of other people's second factors. */
export function createFactorAdmin(store: Store, mails: AuthMails) {
  const statements = factorStatements(store)
  const { findById } = accountStatements(store)
  const { listLive } = sessionStatements(store)
  const prepareRemoval = createRemoveAllFactors(store, mails)

  async function describeAccess({ id: userId }: Pick<User, 'id'>): Promise<AccountAccess> {
    const [[user], apps, passkeys, [codes], sessions] = await Promise.all([
      findById.execute({ userId }),
      statements.listConfirmed.execute({ userId }),
      statements.listPasskeys.execute({ userId }),
      statements.countRecoveryCodes.execute({ userId }),
      listLive.execute({ userId, now: store.now() })
    ])
    return {
      hasPassword: Boolean(user?.passwordHash),
      authenticatorApps: apps.length,
      passkeys: passkeys.length,
      recoveryCodes: Number(codes?.count),
      sessions: sessions.length
    }
  }

  /**
   * Removes all second factors of somebody who has lost them, with the recovery codes: the password alone signs in again. The
   * owner is told, unless there was none.
   * @returns how many factors counted
   */
  async function removeFactors(user: User): Promise<number> {
    const { factors, statements: removal } = await prepareRemoval(user, NO_CLIENT)
    await store.atomically(statements.refreshSecondFactor.bind({ userId: user.id }), ...removal)
    return factors
  }

  return { describeAccess, removeFactors }
}
