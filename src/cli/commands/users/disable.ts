import type { Command } from '../../command.ts'
import { formatEndedSessions, withAccount } from './with-account.ts'

const disable: Command = {
  description:
    'Lets a user sign in no more, and ends all sessions at once. Nothing of the account is lost; users enable undoes it.\n' +
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
