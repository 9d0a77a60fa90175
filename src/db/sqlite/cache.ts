import type Database from 'better-sqlite3'
import { getTableName } from 'drizzle-orm'
import type { Engine, Invalidation } from '../engine.ts'
import { StatementError } from '../errors.ts'
import type { ReadByIds } from '../read-batches.ts'

/** The most values in a cache. A full cache begins anew. */
const MAX_ENTRIES = 10_000

/** Values by their ids, until they are outdated. */
class Cache<Value> {
  readonly values = new Map<string, Value>()
  /** How often something was outdated. */
  invalidations = 0

  /** @param id of the outdated value; null when any may be */
  invalidate(id: string | null) {
    this.invalidations += 1
    if (id === null) this.values.clear()
    else this.values.delete(id)
  }
}

/**
 * Caches what was read until it is outdated. SQLite tells when: triggers of this connection see each row that it writes, by
 * whatever statement, and `data_version` changes with a commit of any other connection
 * (https://sqlite.org/pragma.html#pragma_data_version).
 */
export function createReadCaches(connection: Database.Database): Engine['cached'] {
  const invalidateAll: (() => void)[] = []
  const dataVersion = connection.prepare('pragma data_version').pluck()
  let version: unknown
  let isChecked = false
  const resolved = Promise.resolve()

  /** Adds a cache that triggers of this connection keep up to date. */
  function addCache<Value>(invalidations: readonly Invalidation[]): Cache<Value> {
    const cache = new Cache<Value>()
    const name = `invalidate_${invalidateAll.push(() => cache.invalidate(null))}`
    connection.function(name, id => cache.invalidate(id as string | null))
    for (const { table, on, id } of invalidations)
      for (const event of on) {
        const row = event === 'delete' ? 'old' : 'new'
        connection.exec(`create temp trigger ${name}_${getTableName(table)}_${event}
          after ${event} on main.${getTableName(table)}
          begin select ${name}(${id ? `${row}.${id.name}` : 'null'}); end`)
      }
    return cache
  }

  // Once for all that a request asks for in one go, as it had arrived before the first.
  function clearIfOthersWrote() {
    if (isChecked) return
    try {
      const current = dataVersion.get()
      if (current !== version) for (const invalidate of invalidateAll) invalidate()
      version = current
      isChecked = true
      resolved.then(() => {
        isChecked = false
      })
    } catch (error) {
      throw new StatementError('data_version', error)
    }
  }

  return <Value>(read: ReadByIds<Value>, invalidations: readonly Invalidation[]) => {
    const cache = addCache<Value>(invalidations)
    async function readAndCache(id: string): Promise<Value | undefined> {
      const before = cache.invalidations
      const value = (await read([id])).get(id)
      // What was written meanwhile may be newer than the value.
      if (value !== undefined && before === cache.invalidations) {
        if (cache.values.size >= MAX_ENTRIES) cache.values.clear()
        cache.values.set(id, value)
      }
      return value
    }
    return (id: string) => {
      clearIfOthersWrote()
      return cache.values.get(id) ?? readAndCache(id)
    }
  }
}
