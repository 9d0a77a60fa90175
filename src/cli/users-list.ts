import { administrationOf } from '../auth/administration.ts'
import type { Command } from './command.ts'
import { withDatabase } from './open-database.ts'

const list: Command = {
  description: 'Lists the accounts, the oldest first: id, e-mail and user name, a line each.',

  async run(context) {
    await withDatabase({ ...context, config: context.config() }, async store => {
      for await (const account of administrationOf(store).list())
        context.report(account, `${account.id}  ${account.email}  ${account.username}\n`)
    })
  }
}

export default list
