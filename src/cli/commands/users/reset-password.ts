import { createPasswordHasher } from '../../../auth/passwords/password-hasher.ts'
import type { Command } from '../../command.ts'
import { formatEndedSessions, withAccount } from './with-account.ts'

const resetPassword: Command = {
  description:
    'Gives a user a new password, prints it this once, and ends all sessions. It is kept nowhere: hand it over in a way\n' +
    'that you trust. Within 7 days it is good for one sign-in, at which the user sets another. USER is an e-mail, a user\n' +
    'name or an id.',
  operands: ['USER'],

  async run(context) {
    const config = context.config({ keys: false })
    await withAccount(context, async (account, admin) => {
      const { password, expiresAt, ended } = await admin.resetPassword(
        account,
        await createPasswordHasher(config),
        config.password.minLength
      )
      context.report(
        { id: account.id, password, expiresAt, ended },
        `${account.email}: ${formatEndedSessions(ended)}. Until ${expiresAt.toISOString()} it takes one sign-in to set a new password, with\n${password}\n`
      )
    })
  }
}

export default resetPassword
