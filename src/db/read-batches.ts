import { type Column, inArray, type SQL, sql } from 'drizzle-orm'

/** Reads values by their ids, as many as are asked for at a time; what is not there is left out. */
export type ReadByIds<Value> = (ids: readonly string[]) => Promise<ReadonlyMap<string, Value>>

/** The most ids that are asked for at a time: by requests, and by what looks after many things regularly. */
export const MAX_IDS = 16
export const MAX_BULK_IDS = 256

const PARAM_NAMES = Array.from({ length: MAX_BULK_IDS }, (_, index) => `id${index}`)

/**
 * Whether a column is one of the ids that are given by `toIdParams` when the statement runs.
 * @param count the most ids
 */
export const isIdParam = (column: Column, count = MAX_IDS): SQL =>
  inArray(
    column,
    PARAM_NAMES.slice(0, count).map(name => sql.placeholder(name))
  )

/**
 * The values of a statement with `isIdParam`; the places that are left name nothing.
 * @param count as in the statement
 */
export const toIdParams = (ids: readonly string[], count = MAX_IDS): Record<string, string> =>
  Object.fromEntries(PARAM_NAMES.slice(0, count).map((name, index) => [name, ids[index] ?? '']))

/**
 * Reads of a turn of the event loop together, so that they share a round trip. None begins before it is asked for, so
 * whoever asks sees what was committed until then.
 * @param maxIds the most ids of a reading
 */
export function batchReads<Value>(
  read: ReadByIds<Value>,
  maxIds = MAX_IDS
): (id: string) => Promise<Value | undefined> {
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
    if (pending.size === maxIds) flush()
    // After the events that are there already, among which are the other requests that have arrived.
    if (pending.size === 0) setImmediate(flush)
    const request = Promise.withResolvers<Value | undefined>()
    pending.set(id, request)
    return request.promise
  }
}
