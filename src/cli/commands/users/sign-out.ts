import type { Command } from '../../command.ts'
import { formatEndedSessions, withAccount } from './with-account.ts'

const signOut: Command = {
  description:
    'Ends all sessions and personal access tokens of a user at once. USER is an e-mail, a user name or an id.',
  operands: ['USER'],

  async run(context) {
    await withAccount(context, async (account, admin) => {
      const ended = await admin.signOut(account)
      context.report({ id: account.id, ended }, `${account.email}: ${formatEndedSessions(ended)}\n`)
    })
  }
}

export default signOut
