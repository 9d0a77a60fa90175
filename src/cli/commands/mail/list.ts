import { getMailState, listMails } from '../../../mail/outbox-state.ts'
import type { Command } from '../../command.ts'
import { withDatabase } from '../../open-database.ts'

const list: Command = {
  description:
    'Lists the mails that are not sent, oldest first, one a line: id, kind, address, and whether the mail is waiting,\n' +
    'failing, expired or given up, with the reason. Mails that were sent are not kept.',

  async run(context) {
    await withDatabase({ ...context, config: context.config({ keys: false }) }, async store => {
      for await (const mail of listMails(store)) {
        const { data: _, ...shown } = mail
        const state = getMailState(mail, context.now())
        const reason = mail.lastError === null ? '' : `: ${mail.lastError}`
        context.report(
          { ...shown, state },
          `${mail.id}  ${mail.kind}  ${mail.address}  ${state} after ${formatAttempts(mail.attempts)}${reason}\n`
        )
      }
    })
  }
}

const formatAttempts = (attempts: number) => `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`

export default list
