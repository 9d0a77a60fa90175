import type { FactorsRemoved } from '../../../auth/accounts/admin.ts'
import type { Command } from '../../command.ts'
import { formatEndedSessions, withAccount } from './with-account.ts'

const removeFactors: Command = {
  description:
    'Removes the second factors of somebody who has lost them: authenticator apps, passkeys and recovery codes. All\n' +
    'sessions and personal access tokens end. The password alone signs in again; an account without one has no way in until\n' +
    'users send-reset has mailed a link. Make sure who asks for it. The owner is told by mail. USER is an e-mail, a user name or\n' +
    'an id.',
  operands: ['USER'],

  async run(context) {
    await withAccount(context, async (account, admin) => {
      const result = await admin.removeFactors(account)
      context.report({ id: account.id, ...result }, `${account.email}: ${formatRemoval(result)}\n`)
    })
  }
}

const formatRemoval = ({ removed, ended, hasPassword }: FactorsRemoved) => {
  const factors = `${removed} ${removed === 1 ? 'factor is' : 'factors are'} removed, ${formatEndedSessions(ended)}`
  return hasPassword
    ? factors
    : `${factors}. The account has no password, and no way in now: users send-reset mails a link to set one`
}

export default removeFactors
