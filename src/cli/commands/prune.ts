import { features, retentionRules, signsOfUse } from '../../features.ts'
import { findQuietSince } from '../../jobs/clock-check.ts'
import { createJanitor } from '../../jobs/janitor.ts'
import type { Command } from '../command.ts'
import { CommandError } from '../exit-codes.ts'
import { withDatabase } from '../open-database.ts'

const prune: Command = {
  description:
    'Removes expired rows once, as the service does every hour. After a week without use the clock may be wrong; then\n' +
    'nothing is removed without --force.',
  options: {
    force: {
      type: 'boolean',
      help: 'trusts the clock, even after a week without use'
    }
  },

  async run(context) {
    const config = context.config({ keys: false })
    const removed = await withDatabase({ ...context, config }, async store => {
      const lastUse = context.values.force ? undefined : await findQuietSince(store, config, signsOfUse)
      if (lastUse) throw createUnusedDatabaseError(lastUse, context.now())
      const removeExpired = createJanitor(store, config, retentionRules)
      const counts = await removeExpired({
        onProgress: (table, count) => context.progress(`${count} ${toWords(table)} removed`)
      })
      // What is in a list that was removed goes after it.
      for (const { finishPendingWork } of features) await finishPendingWork?.(store)
      return counts
    })
    const counts = Object.entries(removed).map(([table, rows]) => `${rows} ${toWords(table)}`)
    context.report(removed, `${counts.join(', ')} removed\n`)
  }
}

const createUnusedDatabaseError = (lastUse: Date, now: Date) =>
  new CommandError(
    'clock',
    `It is ${now.toISOString()} here, but the last use of the database before today was on ${lastUse.toISOString()}. ` +
      'Nothing was removed. If the clock is right, use --force.'
  )

const toWords = (table: string) => table.replace(/[A-Z]/g, ' $&').toLowerCase()

export default prune
