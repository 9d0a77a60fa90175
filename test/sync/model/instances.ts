import type { Test } from 'tap'
import { openStore, type Store } from '../../../src/db/store.ts'
import { allTables } from '../../../src/features.ts'
import { createRandom } from '../../support/random.ts'
import { guardedDatabase } from '../guarded-database.ts'
import { createPause, createSlowStore } from './slow-store.ts'

/** A process of the service: a worker on a SQLite file, or an instance on PostgreSQL. */
export interface Instance {
  readonly store: Store
  /** Puts its clock on or back. */
  readonly moveClock: (milliseconds: number) => void
}

const START = Date.parse('2026-01-01T00:00:00.000Z')
const log = { warn() {} }

/** Opens two instances on one database, which refuses what is written around the change sequence. */
export async function openInstances(t: Test): Promise<Instance[]> {
  const url = await guardedDatabase(t)
  return Promise.all(
    [1, 2].map(async () => {
      let time = START
      const store = await openStore({ url, poolMax: 5, now: () => new Date(time++), log })
      t.teardown(store.close)
      const moveClock = (milliseconds: number) => {
        time += Math.round(milliseconds)
      }
      return { store, moveClock }
    })
  )
}

/** The same instances, on which others often come in between. */
export const slowDown = (instances: readonly Instance[]): Instance[] =>
  instances.map(({ store, moveClock }, index) => ({
    store: createSlowStore(store, createPause(createRandom(index))),
    moveClock
  }))

export async function createUser({ db, kit, newId, now }: Store): Promise<string> {
  const id = newId()
  const keys = { username: id, usernameKey: id, email: id, emailKey: id }
  await db.insert(allTables(kit).users).values({ id, ...keys, passwordHash: '', createdAt: now() })
  return id
}
