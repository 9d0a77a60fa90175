import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openStore } from '../../../src/db/store.ts'
import { createWakeUps } from '../../../src/sync/stream/wake-ups.ts'
import { emptyDatabase } from '../../support/databases.ts'
import { MISSING_ID } from '../../todos/signed-in.ts'

t.test('a look at the sequences wakes once, and outlives a database that is away', async t => {
  const options = { poolMax: 1, now: () => new Date(), log: { warn() {} } }
  const store = await openStore({ url: await emptyDatabase(t), ...options })
  const wakeUps = createWakeUps({ store, pollInterval: 10 })
  let wakeCount = 0
  const stopFollowing = wakeUps.follow(MISSING_ID, () => (wakeCount += 1))
  while (wakeCount === 0) await sleep(5)
  await sleep(50)
  t.equal(wakeCount, 1, 'nothing has changed since')
  await store.close()
  await sleep(50)
  t.equal(wakeCount, 1)
  stopFollowing()
  await wakeUps.close()
})
