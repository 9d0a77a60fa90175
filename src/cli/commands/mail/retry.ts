import { type RetryObstacle, retryMail } from '../../../mail/outbox-state.ts'
import type { Command } from '../../command.ts'
import { CommandError } from '../../exit-codes.ts'
import { withDatabase } from '../../open-database.ts'

const REFUSALS: Readonly<Record<RetryObstacle, string>> = {
  unknown: 'There is no such mail: latchkey mail list shows those that are not sent.',
  expired: 'The mail has expired: what it says is of no use any more. Let the user ask for another one.'
}

const retry: Command = {
  description:
    'Makes a mail due now, also one that was given up. The running service sends it within seconds. A mail that has expired\n' +
    'is refused. ID is one of those that mail list shows.',
  operands: ['ID'],

  async run(context) {
    const id = String(context.operands[0]).toLowerCase()
    await withDatabase({ ...context, config: context.config({ keys: false }) }, async store => {
      const obstacle = await retryMail(store, id)
      if (obstacle) throw new CommandError('noMail', REFUSALS[obstacle])
      context.report({ id }, `${id}: due now\n`)
    })
  }
}

export default retry
