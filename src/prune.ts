import { openStore } from './db/store.ts'
import { configOfProcess } from './environment.ts'
import { janitorOf } from './janitor.ts'

/*
 * Does once what the service does every hour: `npm run prune`. It may run beside the service.
 */
async function prune() {
  const config = configOfProcess()
  const store = await openStore({ url: config.DATABASE_URL, poolMax: 1, now: () => new Date(), log: console })
  const removed = await janitorOf(store, config)().finally(store.close)
  const told = Object.entries(removed).map(
    ([table, rows]) => `${rows} ${table.replace(/[A-Z]/, ' $&').toLowerCase()}`
  )
  process.stdout.write(`${told.join(', ')} removed\n`)
}

try {
  await prune()
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
