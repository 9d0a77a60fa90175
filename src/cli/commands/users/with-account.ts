import { type Account, type AccountAdmin, createAccountAdmin } from '../../../auth/accounts/admin.ts'
import type { Store } from '../../../db/store.ts'
import type { CommandContext } from '../../command.ts'
import { CommandError } from '../../exit-codes.ts'
import { withDatabase } from '../../open-database.ts'

/**
 * Calls `work` with the account that the operand names by e-mail, user name or id.
 * @throws {CommandError} when there is no such account
 */
export async function withAccount<Result>(
  context: CommandContext,
  work: (account: Account, admin: AccountAdmin, store: Store) => Promise<Result>
): Promise<Result> {
  const {
    operands: [name = '']
  } = context
  const config = context.config({ keys: false })
  return withDatabase({ ...context, config }, async store => {
    const admin = createAccountAdmin(store, config.mail !== undefined)
    const account = await admin.find(name)
    if (account) return work(account, admin, store)
    throw new CommandError(
      'noUser',
      `There is no user ${JSON.stringify(name)}: give an e-mail, a user name or an id.`
    )
  })
}

/** The number of ended sessions, in words. */
export const formatEndedSessions = (count: number): string =>
  `${count} ${count === 1 ? 'session has' : 'sessions have'} ended`
