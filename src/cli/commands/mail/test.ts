import { V7Generator } from 'uuidv7'
import type { Config } from '../../../config/config.ts'
import { isMailbox } from '../../../config/mail-settings.ts'
import { html } from '../../../http/html.ts'
import { createMailTransport } from '../../../mail/transport.ts'
import type { Command } from '../../command.ts'
import { CommandError, toMessage } from '../../exit-codes.ts'
import { assertMailSettings } from '../users/assert-mail-settings.ts'

const test: Command = {
  description:
    'Sends a test message at once, without the outbox, and prints what the mail server answered, or the file that was\n' +
    'written. ADDRESS is an e-mail address.',
  operands: ['ADDRESS'],

  async run(context) {
    const [address = ''] = context.operands
    if (address.includes('<') || !isMailbox(address))
      throw new CommandError('usage', `${JSON.stringify(address)} is no e-mail address.`)
    const config = context.config({ keys: false })
    assertMailSettings(config)
    const { mail, appName } = config
    const transport = createMailTransport(mail)
    const id = new V7Generator().generateOrResetWithTs(context.now().getTime()).toString()
    try {
      const answer = await transport.send({ id, ...compose(address, appName) })
      context.report({ id, answer }, `${answer}\n`)
    } catch (error) {
      throw new CommandError('unavailable', `${toMessage(error)}.`)
    } finally {
      transport.close()
    }
  }
}

function compose(to: string, appName: Config['appName']) {
  const text = `This is a test message of ${appName}. Mails reach you.`
  return { to, subject: `${appName}: a test message`, text: `${text}\n`, html: html`<p>${text}</p>`.text }
}

export default test
