import t, { type Test } from 'tap'
import { openStore } from '../../../src/db/store.ts'
import { createRandom } from '../../support/random.ts'
import { guardedDatabase } from '../guarded-database.ts'
import { type Instance, runModel } from './run.ts'
import { createPause, createSlowStore } from './slow-store.ts'

/** More of them for who has the time; a failure names its seed. */
const RUNS = Number(process.env.SYNC_RUNS ?? 50)
const START = Date.parse('2026-01-01T00:00:00.000Z')
const log = { warn() {} }

/** Two workers on one SQLite file, or two instances on one PostgreSQL database, each with a clock of its own. */
async function openInstances(t: Test): Promise<Instance[]> {
  const url = await guardedDatabase(t)
  return Promise.all(
    [1, 2].map(async number => {
      let time = START
      const now = () => new Date(time++)
      const store = await openStore({ url, poolMax: 5, now, log })
      t.teardown(store.close)
      const moveClock = (milliseconds: number) => {
        time += Math.round(milliseconds)
      }
      return { store: createSlowStore(store, createPause(createRandom(number))), moveClock }
    })
  )
}

t.test('[SEQ] [NOMISS] whoever follows has in the end what there is', async t => {
  const instances = await openInstances(t)
  const tally = new Map<string, number>()
  const count = (name: string) => void tally.set(name, (tally.get(name) ?? 0) + 1)
  for (let seed = 0; seed < RUNS; seed++)
    await runModel({ seed, instances, count }).catch(error => {
      throw new Error(`run ${seed}: ${error.message}`, { cause: error })
    })
  t.pass(`${RUNS} runs`)
  t.comment(Object.fromEntries([...tally].sort()))
})
