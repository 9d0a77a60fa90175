import type { Command } from '../../command.ts'
import { withAccount } from './with-account.ts'

const removeFactors: Command = {
  description:
    'Removes the second factors of somebody who has lost them: authenticator apps, passkeys and recovery codes. The password\n' +
    'alone signs in again. Make sure who asks for it. The owner is told by mail. USER is an e-mail, a user name or an id.',
  operands: ['USER'],

  async run(context) {
    await withAccount(context, async (account, admin) => {
      const removed = await admin.removeFactors(account)
      context.report(
        { id: account.id, removed },
        `${account.email}: ${removed} ${removed === 1 ? 'factor is' : 'factors are'} removed\n`
      )
    })
  }
}

export default removeFactors
