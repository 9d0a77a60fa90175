import { createSignUpAdmin } from '../../../auth/registration/sign-up-admin.ts'
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
      operands: [email = '']
    } = context
    assertMailSettings(config)
    assertEmail(email)
    await withDatabase({ ...context, config }, async store => {
      const expiresAt = await createSignUpAdmin(store, true).invite(email).catch(toCommandError)
      context.report(
        { email, expiresAt },
        `${email}: an invitation is on its way, good until ${expiresAt.toISOString()}\n`
      )
    })
  }
}

export default invite
