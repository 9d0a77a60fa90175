import { expireSyncTokens } from '../../../sync/reset.ts'
import type { Command } from '../../command.ts'
import { withDatabase } from '../../open-database.ts'

const reset: Command = {
  description:
    'Makes every client that follows changes take all todos anew. Needed after a PostgreSQL database was restored from a\n' +
    'backup, before the service starts: what clients have seen since the backup is no longer there. No todo is changed.\n' +
    'To try what clients do then, run it on either database, also while the service runs.',

  async run(context) {
    await withDatabase({ ...context, config: context.config({ keys: false }) }, async store => {
      const users = await expireSyncTokens(store)
      context.report({ users }, `Users whose clients take all todos anew: ${users}\n`)
    })
  }
}

export default reset
