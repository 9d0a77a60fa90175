import type { Command } from '../../command.ts'
import { assertMailSettings } from './assert-mail-settings.ts'
import { withAccount } from './with-account.ts'

const sendReset: Command = {
  description:
    'Mails a user a link to set a new password, good for an hour and once. Nobody else sees the password. The service sends\n' +
    'the mail. USER is an e-mail, a user name or an id.',
  operands: ['USER'],

  async run(context) {
    assertMailSettings(context.config({ keys: false }))
    await withAccount(context, async (account, admin) => {
      await admin.sendReset(account)
      const condition = account.disabledAt ? ', but the account is disabled: users enable makes it work' : ''
      context.report(
        { id: account.id, email: account.email },
        `${account.email}: a link to set a new password is on its way${condition}\n`
      )
    })
  }
}

export default sendReset
