import { janitorOf } from '../janitor.ts'
import type { Command } from './command.ts'
import { withDatabase } from './open-database.ts'

const prune: Command = {
  description: 'Does once what the service does every hour: removes what has been kept for long enough.',

  async run(context) {
    const config = context.config({ keys: false })
    const removed = await withDatabase({ ...context, config }, store => {
      const clean = janitorOf(store, config)
      return clean({ told: (table, count) => context.progress(`${count} ${wordsOf(table)} removed`) })
    })
    const told = Object.entries(removed).map(([table, rows]) => `${rows} ${wordsOf(table)}`)
    context.report(removed, `${told.join(', ')} removed\n`)
  }
}

const wordsOf = (table: string) => table.replace(/[A-Z]/, ' $&').toLowerCase()

export default prune
