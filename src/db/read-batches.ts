import { type Column, inArray, type SQL, sql } from 'drizzle-orm'

/** Reads values by their ids, as many as are asked for at a time; what is not there is left out. */
export type ReadByIds<Value> = (ids: readonly string[]) => Promise<ReadonlyMap<string, Value>>

/** The most ids that are asked for at a time. */
export const MOST_IDS = 16

const PLACES = Array.from({ length: MOST_IDS }, (_, index) => `id${index}`)

/** Whether a column is one of the ids that are given by `givenIds` when the statement runs. */
export const isGivenId = (column: Column): SQL =>
  inArray(
    column,
    PLACES.map(place => sql.placeholder(place))
  )

/** The values of a statement with `isGivenId`; the places that are left name nothing. */
export const givenIds = (ids: readonly string[]): Record<string, string> =>
  Object.fromEntries(PLACES.map((place, index) => [place, ids[index] ?? '']))

/**
 * Reads of a turn of the event loop together, so that they share a round trip. None begins before it is asked for, so
 * whoever asks sees what was committed until then.
 */
export function inBatches<Value>(read: ReadByIds<Value>): (id: string) => Promise<Value | undefined> {
  let waiting = new Map<string, PromiseWithResolvers<Value | undefined>>()

  async function carryOut(batch: typeof waiting) {
    try {
      const values = await read([...batch.keys()])
      for (const [id, { resolve }] of batch) resolve(values.get(id))
    } catch (error) {
      for (const { reject } of batch.values()) reject(error)
    }
  }

  function flush() {
    const batch = waiting
    waiting = new Map()
    void carryOut(batch)
  }

  return id => {
    const known = waiting.get(id)
    if (known) return known.promise
    if (waiting.size === MOST_IDS) flush()
    // After the events that are there already, among which are the other requests that have arrived.
    if (waiting.size === 0) setImmediate(flush)
    const asked = Promise.withResolvers<Value | undefined>()
    waiting.set(id, asked)
    return asked.promise
  }
}
