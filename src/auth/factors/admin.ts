import type { Store } from '../../db/store.ts'
import { accountStatements } from '../accounts/statements.ts'
import { NO_CLIENT } from '../audit/audit-log.ts'
import type { AuthMails } from '../mails/mails.ts'
import { personalAccessTokenStatements } from '../personal-access-tokens/statements.ts'
import { sessionStatements } from '../sessions/statements.ts'
import type { User } from '../user.ts'
import { createRemoveAllFactors } from './remove-all.ts'
import { createSecondFactors, type FactorCounts } from './second-factors.ts'
import { factorStatements } from './statements.ts'

/** How an account can be signed in to, and in how many places it is. */
export interface AccountAccess extends FactorCounts {
  readonly hasPassword: boolean
  readonly sessions: number
  /** Those that have not expired. */
  readonly personalAccessTokens: number
}

/** What an operator sees and does of other people's second factors. */
export function createFactorAdmin(store: Store, mails: AuthMails) {
  const { refreshSecondFactor } = factorStatements(store)
  const secondFactors = createSecondFactors(store)
  const { findById } = accountStatements(store)
  const { listLive } = sessionStatements(store)
  const { list: listTokens } = personalAccessTokenStatements(store)
  const prepareRemoval = createRemoveAllFactors(store, mails)

  async function describeAccess({ id: userId }: Pick<User, 'id'>): Promise<AccountAccess> {
    const now = store.now()
    const [[user], counts, sessions, tokens] = await Promise.all([
      findById.execute({ userId }),
      secondFactors.count(userId),
      listLive.execute({ userId, now }),
      listTokens.execute({ userId })
    ])
    return {
      hasPassword: Boolean(user?.passwordHash),
      ...counts,
      sessions: sessions.length,
      personalAccessTokens: tokens.filter(({ expiresAt }) => expiresAt > now).length
    }
  }

  return {
    describeAccess,
    /** As `createRemoveAllFactors` prepares it, with the statement that locks the user as the requests of the owner do. */
    async prepareRemoval(user: User) {
      const lock = refreshSecondFactor.bind({ userId: user.id })
      return { lock, ...(await prepareRemoval(user, NO_CLIENT)) }
    }
  }
}
