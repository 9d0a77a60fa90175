import { type Column, inArray, type SQL, sql } from 'drizzle-orm'

/** Reads values by their ids, as many as are asked for at a time; what is not there is left out. */
export type ReadByIds<Value> = (ids: readonly string[]) => Promise<ReadonlyMap<string, Value>>

/** The most ids that are asked for at a time. */
export const MAX_IDS = 16

const PARAM_NAMES = Array.from({ length: MAX_IDS }, (_, index) => `id${index}`)

/** Whether a column is one of the ids that are given by `givenIds` when the statement runs. */
export const isIdParam = (column: Column): SQL =>
  inArray(
    column,
    PARAM_NAMES.map(name => sql.placeholder(name))
  )

/** The values of a statement with `isGivenId`; the places that are left name nothing. */
export const toIdParams = (ids: readonly string[]): Record<string, string> =>
  Object.fromEntries(PARAM_NAMES.map((name, index) => [name, ids[index] ?? '']))

/**
 * Reads of a turn of the event loop together, so that they share a round trip. None begins before it is asked for, so
 * whoever asks sees what was committed until then.
 */
export function batchReads<Value>(read: ReadByIds<Value>): (id: string) => Promise<Value | undefined> {
  let pending = new Map<string, PromiseWithResolvers<Value | undefined>>()

  async function readBatch(batch: typeof pending) {
    try {
      const values = await read([...batch.keys()])
      for (const [id, { resolve }] of batch) resolve(values.get(id))
    } catch (error) {
      for (const { reject } of batch.values()) reject(error)
    }
  }

  function flush() {
    const batch = pending
    pending = new Map()
    void readBatch(batch)
  }

  return id => {
    const existing = pending.get(id)
    if (existing) return existing.promise
    if (pending.size === MAX_IDS) flush()
    // After the events that are there already, among which are the other requests that have arrived.
    if (pending.size === 0) setImmediate(flush)
    const request = Promise.withResolvers<Value | undefined>()
    pending.set(id, request)
    return request.promise
  }
}
