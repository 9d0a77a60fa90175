import type { Command } from '../../command.ts'
import { withAccount } from './with-account.ts'

const enable: Command = {
  description: 'Unlocks an account. USER is an e-mail, a user name or an id.',
  operands: ['USER'],

  async run(context) {
    await withAccount(context, async (account, admin) => {
      await admin.enable(account)
      context.report({ id: account.id }, `${account.email}: can sign in again\n`)
    })
  }
}

export default enable
