import type { Account } from '../../../auth/accounts/admin.ts'
import type { AccountAccess } from '../../../auth/factors/admin.ts'
import type { Command } from '../../command.ts'
import { withAccount } from './with-account.ts'

const show: Command = {
  description:
    'Shows an account: its state, how it can be signed in to, and in how many places it is. USER is an e-mail, a user name or\n' +
    'an id.',
  operands: ['USER'],

  async run(context) {
    await withAccount(context, async (account, admin) => {
      const access = await admin.describeAccess(account)
      context.report({ ...account, ...access }, formatAccess(account, access))
    })
  }
}

function formatAccess(account: Account, access: AccountAccess): string {
  const lines: [string, string | number][] = [
    ['id', account.id],
    ['user name', account.username],
    ['e-mail', `${account.email} (${account.emailVerified ? '' : 'not '}verified)`],
    ['made', account.createdAt.toISOString()],
    ['disabled', account.disabledAt ? account.disabledAt.toISOString() : 'no'],
    ['password', access.hasPassword ? 'yes' : 'none'],
    ['authenticator apps', access.authenticatorApps],
    ['passkeys', access.passkeys],
    ['recovery codes', access.recoveryCodes],
    ['sessions', access.sessions],
    ['personal access tokens', access.personalAccessTokens]
  ]
  return lines.map(([name, value]) => `${name.padEnd(22)}  ${value}\n`).join('')
}

export default show
