import t from 'tap'
import { createRandom } from '../../support/random.ts'
import { createUser, openInstances, slowDown } from './instances.ts'
import { runModel } from './run.ts'
import { writeSomething } from './writes.ts'

/** More of them for who has the time; a failure names its seed. */
const RUNS = Number(process.env.SYNC_RUNS ?? 50)
/** Users who write at the same time, and the writes of each writer. */
const [USERS, WRITES] = [4, Math.ceil(RUNS / 5)]

function createTally() {
  const tally = new Map<string, number>()
  return {
    count: (name: string) => void tally.set(name, (tally.get(name) ?? 0) + 1),
    toObject: () => Object.fromEntries([...tally].sort())
  }
}

t.test('[SEQ] [NOMISS] whoever follows has in the end what there is', async t => {
  const instances = slowDown(await openInstances(t))
  const { count, toObject } = createTally()
  for (let seed = 0; seed < RUNS; seed++)
    await runModel({ seed, instances, count }).catch(error => {
      throw new Error(`run ${seed}: ${error.message}`, { cause: error })
    })
  t.pass(`${RUNS} runs`)
  t.comment(toObject())
})

t.test('no writer waits for one who waits for it', async t => {
  const instances = await openInstances(t)
  const { count, toObject } = createTally()
  const users = await Promise.all(
    instances.flatMap(({ store }) =>
      Array.from({ length: USERS / instances.length }, () => createUser(store))
    )
  )
  const writers = users.flatMap((userId, user) => {
    const ids: string[] = [userId]
    return instances.map(({ store, moveClock }, number) => {
      const random = createRandom(10 * user + number)
      return { store, userId, random, ids, moveClock }
    })
  })
  // Each with several requests at a time. What PostgreSQL breaks off for the sake of another fails the test.
  await Promise.all(
    [...writers, ...writers].map(async writer => {
      for (let n = 0; n < WRITES; n++) count(await writeSomething(writer))
    })
  )
  t.pass(`${2 * writers.length * WRITES} writes`)
  t.comment(toObject())
})
