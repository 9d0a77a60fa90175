import { quietSince } from '../clock-check.ts'
import { janitorOf } from '../janitor.ts'
import type { Command } from './command.ts'
import { CommandError } from './exit-codes.ts'
import { withDatabase } from './open-database.ts'

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
      const lastUse = context.values.force ? undefined : await quietSince(store, config)
      if (lastUse) throw refuseQuiet(lastUse, context.now())
      const clean = janitorOf(store, config)
      return clean({ told: (table, count) => context.progress(`${count} ${wordsOf(table)} removed`) })
    })
    const told = Object.entries(removed).map(([table, rows]) => `${rows} ${wordsOf(table)}`)
    context.report(removed, `${told.join(', ')} removed\n`)
  }
}

const refuseQuiet = (lastUse: Date, now: Date) =>
  new CommandError(
    'clock',
    `It is ${now.toISOString()} here, but before today the database was last used on ${lastUse.toISOString()}. ` +
      'Nothing was removed. If the clock is right, say --force.'
  )

const wordsOf = (table: string) => table.replace(/[A-Z]/, ' $&').toLowerCase()

export default prune
