import { retentionRules, signsOfUse } from '../../features.ts'
import { findQuietSince } from '../../jobs/clock-check.ts'
import { createJanitor } from '../../jobs/janitor.ts'
import type { Command } from '../command.ts'
import { CommandError } from '../exit-codes.ts'
import { withDatabase } from '../open-database.ts'

const prune: Command = {
  description:
    'Does once what the service does every hour: removes what has been kept for long enough. When the database has not been\n' +
    'used for a week it may be the clock that is ahead, so nothing is removed without --force.',
  options: {
    force: {
      type: 'boolean',
      help: 'removes by this clock, though the database has not been used for a week'
    }
  },

  async run(context) {
    const config = context.config({ keys: false })
    const removed = await withDatabase({ ...context, config }, async store => {
      const lastUse = context.values.force ? undefined : await findQuietSince(store, config, signsOfUse)
      if (lastUse) throw createUnusedDatabaseError(lastUse, context.now())
      const removeExpired = createJanitor(store, config, retentionRules)
      return removeExpired({
        onProgress: (table, count) => context.progress(`${count} ${toWords(table)} removed`)
      })
    })
    const counts = Object.entries(removed).map(([table, rows]) => `${rows} ${toWords(table)}`)
    context.report(removed, `${counts.join(', ')} removed\n`)
  }
}

const createUnusedDatabaseError = (lastUse: Date, now: Date) =>
  new CommandError(
    'clock',
    `It is ${now.toISOString()} here, but before today the database was last used on ${lastUse.toISOString()}. ` +
      'Nothing was removed. If the clock is right, say --force.'
  )

const toWords = (table: string) => table.replace(/[A-Z]/, ' $&').toLowerCase()

export default prune
