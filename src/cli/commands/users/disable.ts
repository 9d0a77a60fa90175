import type { Command } from '../../command.ts'
import { formatEndedSessions, withAccount } from './with-account.ts'

const disable: Command = {
  description:
    'Locks an account, and ends all its sessions and personal access tokens at once. No data is deleted; users enable unlocks the account.\n' +
    'USER is an e-mail, a user name or an id.',
  operands: ['USER'],

  async run(context) {
    await withAccount(context, async (account, admin) => {
      const ended = await admin.disable(account)
      context.report(
        { id: account.id, ended },
        `${account.email}: cannot sign in any more; ${formatEndedSessions(ended)}\n`
      )
    })
  }
}

export default disable
