import type { Test } from 'tap'
import { openStore } from '../../src/db/store.ts'
import { emptyDatabase } from '../support/databases.ts'
import { guardSqlite } from '../support/sequence-guard.ts'

/** A database for several connections, which refuses what is written around the change sequence. */
export async function guardedDatabase(t: Test): Promise<string> {
  const url = await emptyDatabase(t)
  if (url !== ':memory:') return url
  const file = `${t.testdir()}/latchkey.db`
  const store = await openStore({
    url: `file:${file}`,
    poolMax: 1,
    now: () => new Date(0),
    log: { warn() {} }
  })
  await store.close()
  guardSqlite(file)
  return `file:${file}`
}
