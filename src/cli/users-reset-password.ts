import { passwordsOf } from '../auth/passwords.ts'
import { sessionsEnded, withAccount } from './account.ts'
import type { Command } from './command.ts'

const resetPassword: Command = {
  description:
    'Gives a user a new password, prints it this once, and ends all sessions. It is kept nowhere: hand it over in a way\n' +
    'that you trust, and have it changed. USER is an e-mail, a user name or an id.',
  operands: ['USER'],

  async run(context) {
    const config = context.config({ keys: false })
    await withAccount(context, async (account, administration) => {
      const { password, ended } = await administration.resetPassword(
        account,
        await passwordsOf(config),
        config.PASSWORD_MIN_LENGTH
      )
      context.report(
        { id: account.id, password, ended },
        `${account.email}: ${sessionsEnded(ended)}. The new password is\n${password}\n`
      )
    })
  }
}

export default resetPassword
