import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { BoundStatement, ResultsOf } from '../../../src/db/bound-statement.ts'
import type { Store } from '../../../src/db/store.ts'

/** Waits for nothing, for some turns of the event loop, or for some milliseconds. */
export type Pause = () => Promise<void>

export const createPause =
  (random: () => number): Pause =>
  async () => {
    const kind = random()
    if (kind > 0.95) await sleep(3 * random())
    else if (kind > 0.6) for (let turns = 4 * random(); turns > 0; turns--) await nextTurn()
  }

/**
 * The same store, on which others often come in between: before and after a read, and on a server before each statement of a
 * transaction and before its commit. SQLite carries out a transaction in one go.
 */
export function createSlowStore(store: Store, pause: Pause): Store {
  const isServer = store.hasManyRows === undefined
  const delay = (statement: BoundStatement): BoundStatement => ({
    ...statement,
    async run(earlierRows) {
      await pause()
      return statement.run(earlierRows)
    }
  })
  const delayCommit: BoundStatement = { name: 'pause', run: () => pause().then(() => []) }
  return {
    ...store,
    prepare(builder, name) {
      const prepared = store.prepare(builder, name)
      return {
        ...prepared,
        async execute(params) {
          await pause()
          const result = await prepared.execute(params)
          await pause()
          return result
        }
      }
    },
    async atomically<Statements extends readonly BoundStatement[]>(...statements: Statements) {
      await pause()
      if (!isServer) return store.atomically(...statements)
      const results = await store.atomically(...statements.map(delay), delayCommit)
      return results.slice(0, -1) as unknown as ResultsOf<Statements>
    }
  }
}
