import { createSignUpAdmin } from '../../../auth/registration/sign-up-admin.ts'
import { ConfigError } from '../../../config/config.ts'
import type { Command } from '../../command.ts'
import { withDatabase } from '../../open-database.ts'
import { assertMailSettings } from './assert-mail-settings.ts'
import { assertEmail, toCommandError } from './sign-up-errors.ts'

const invite: Command = {
  description:
    'Mails an invitation to make an account, good for seven days and once, for this address only. The service sends the\n' +
    'mail. Another invitation takes the place of the one before.',
  operands: ['EMAIL'],

  async run(context) {
    const config = context.config({ keys: false })
    const {
      operands: [address = '']
    } = context
    assertMailSettings(config)
    assertEmail(address)
    if (config.signUp === 'closed')
      throw new ConfigError(
        'SIGN_UP: is closed, so that no invitation can be used; users create makes an account.'
      )
    await withDatabase({ ...context, config }, async store => {
      const invitation = await createSignUpAdmin(store, true).invite(address).catch(toCommandError)
      context.report(
        invitation,
        `${invitation.email}: an invitation is on its way, good until ${invitation.expiresAt.toISOString()}\n`
      )
    })
  }
}

export default invite
