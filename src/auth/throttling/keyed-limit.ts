import pLimit, { type LimitFunction } from 'p-limit'

/** Does the work of one kind when its turn comes. */
export type KeyedLimit = <Result>(key: string, work: () => Promise<Result>) => Promise<Result>

/** Lets so much work of one kind go on at a time, and the rest of it wait; work of other kinds does not matter to it. */
export function createKeyedLimit(concurrency: number): KeyedLimit {
  const entries = new Map<string, { limit: LimitFunction; users: number }>()

  return async (key, work) => {
    const { limit } = acquire(key)
    return limit(work).finally(() => release(key))
  }

  function acquire(key: string) {
    const entry = entries.get(key) ?? { limit: pLimit(concurrency), users: 0 }
    entries.set(key, entry)
    entry.users += 1
    return entry
  }

  function release(key: string) {
    const entry = entries.get(key)
    if (entry && --entry.users === 0) entries.delete(key)
  }
}
