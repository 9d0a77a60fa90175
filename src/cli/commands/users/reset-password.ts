import { createPasswordHasher } from '../../../auth/passwords/password-hasher.ts'
import type { Command } from '../../command.ts'
import { formatEndedSessions, withAccount } from './with-account.ts'

const resetPassword: Command = {
  description:
    'Sets a temporary password, prints it once, and ends all sessions of the user. The password is not stored: hand it\n' +
    'over on a channel that you trust. It is valid for 7 days and for one sign-in, at which the user sets another one.\n' +
    'USER is an e-mail, a user name or an id.',
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
        `${account.email}: ${formatEndedSessions(ended)}. Until ${expiresAt.toISOString()} one sign-in with this password can set a new one:\n${password}\n`
      )
    })
  }
}

export default resetPassword
