import { createPasswordHasher } from '../../../auth/passwords/password-hasher.ts'
import { createSignUpAdmin } from '../../../auth/registration/sign-up-admin.ts'
import type { Command } from '../../command.ts'
import { withDatabase } from '../../open-database.ts'
import { assertMailSettings } from './assert-mail-settings.ts'
import { assertEmail, assertUsername, toCommandError } from './sign-up-errors.ts'

const create: Command = {
  description:
    'Makes an account. Its owner gets a mail with a link to set the password, good for an hour; users send-reset mails\n' +
    'another one.',
  operands: ['USERNAME', 'EMAIL'],

  async run(context) {
    const config = context.config({ keys: false })
    const {
      operands: [username = '', email = '']
    } = context
    assertMailSettings(config)
    assertUsername(username)
    assertEmail(email)
    await withDatabase({ ...context, config }, async store => {
      const hasher = await createPasswordHasher(config)
      const user = await createSignUpAdmin(store, true).create(username, email, hasher).catch(toCommandError)
      context.report(
        user,
        `${user.email}: the account ${user.username} is made; a link to set its password is on its way\n`
      )
    })
  }
}

export default create
