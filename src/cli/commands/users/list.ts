import { type Account, createAccountAdmin } from '../../../auth/accounts/admin.ts'
import type { Command } from '../../command.ts'
import { withDatabase } from '../../open-database.ts'

const list: Command = {
  description:
    'Lists the accounts, oldest first, one a line: id, e-mail, user name, and whether the e-mail is verified and the account\n' +
    'disabled.',

  async run(context) {
    const config = context.config({ keys: false })
    await withDatabase({ ...context, config }, async store => {
      for await (const account of createAccountAdmin(store, config.mail !== undefined).list())
        context.report(account, `${formatAccount(account)}\n`)
    })
  }
}

function formatAccount({ id, email, username, emailVerified, disabledAt }: Account): string {
  return [
    id,
    email,
    username,
    ...(emailVerified ? ['verified'] : []),
    ...(disabledAt ? ['disabled'] : [])
  ].join('  ')
}

export default list
