import type Database from 'better-sqlite3'
import { getTableName } from 'drizzle-orm'
import type { Engine, Invalidation } from '../engine.ts'
import { StatementError } from '../errors.ts'

/** The most values in a cache by ids. */
const MAX_ENTRIES = 10_000
/** The most characters of texts, their keys and what goes with them, all together; and of the longest text. */
const MAX_TEXT_TOTAL = 16_000_000
const MAX_TEXT_LENGTH = 32_768
/** The longest key of a text: whoever asks for so odd a page does not ask for it again. */
const MAX_KEY_LENGTH = 1024
/** What a cached text takes in characters, beside its own and those that go with it. */
const TEXT_OVERHEAD = 500

/**
 * Caches what was read until it is outdated. SQLite tells when: triggers of this connection see each row that it writes, by
 * whatever statement, and `data_version` changes with a commit of any other connection
 * (https://sqlite.org/pragma.html#pragma_data_version).
 */
export function createReadCaches(connection: Database.Database): Pick<Engine, 'cached' | 'createTextCache'> {
  const caches: BoundedCache[] = []
  const dataVersion = connection.prepare('pragma data_version').pluck()
  let version: unknown
  let isChecked = false
  const resolved = Promise.resolve()

  /** Adds a cache that triggers of this connection keep up to date. */
  function addCache(cache: BoundedCache, invalidations: readonly Invalidation[]): BoundedCache {
    const name = `invalidate_${caches.push(cache)}`
    connection.function(name, id => (id === null ? cache.clear() : cache.delete(id as string)))
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
      if (current !== version) for (const cache of caches) cache.clear()
      version = current
      isChecked = true
      resolved.then(() => {
        isChecked = false
      })
    } catch (error) {
      throw new StatementError('data_version', error)
    }
  }

  /** Gives what is cached of an id under a key, else what is read, which is cached unless something was written meanwhile. */
  async function readThrough<Value>(
    cache: BoundedCache,
    id: string,
    key: string,
    read: () => Promise<Value>,
    isCacheable: (value: Value) => boolean
  ): Promise<Value> {
    clearIfOthersWrote()
    const hit = cache.get(id, key)
    if (hit) return hit as Value
    const { invalidations } = cache
    const value = await read()
    if (invalidations === cache.invalidations && isCacheable(value)) cache.set(id, key, value)
    return value
  }

  return {
    cached(read, invalidations) {
      const cache = addCache(new BoundedCache(MAX_ENTRIES), invalidations)
      return id => readThrough(cache, id, '', async () => (await read([id])).get(id), isFound)
    },
    createTextCache(invalidations) {
      const cache = addCache(new BoundedCache(MAX_TEXT_TOTAL, getTextSize), invalidations)
      return (userId, key, read) =>
        key.length > MAX_KEY_LENGTH ? read() : readThrough(cache, userId, key, read, isShort)
    }
  }
}

interface Text {
  readonly text: string
}

const isFound = (value: unknown) => value !== undefined
const isShort = (value: Text) => getLength(value) <= MAX_TEXT_LENGTH
const getTextSize = (key: string, value: unknown) => key.length + getLength(value as Text) + TEXT_OVERHEAD
/** The characters of the text and of what goes with it. */
const getLength = (value: Text) =>
  Object.values(value).reduce((sum, field) => sum + (typeof field === 'string' ? field.length : 0), 0)

/** Values by an id and a key. A full cache begins anew. */
class BoundedCache {
  /** How often something was outdated. */
  invalidations = 0
  readonly #maxSize: number
  readonly #getSize: (key: string, value: unknown) => number
  readonly #values = new Map<string, Map<string, unknown>>()
  #size = 0

  /** @param maxSize the most that there may be, as `getSize` counts */
  constructor(maxSize: number, getSize: (key: string, value: unknown) => number = () => 1) {
    this.#maxSize = maxSize
    this.#getSize = getSize
  }

  get(id: string, key: string): unknown {
    return this.#values.get(id)?.get(key)
  }

  set(id: string, key: string, value: unknown): void {
    if (this.#size >= this.#maxSize) this.clear()
    const entries = this.#values.get(id) ?? new Map<string, unknown>()
    this.#size += this.#getSize(key, value) - (entries.has(key) ? this.#getSize(key, entries.get(key)) : 0)
    this.#values.set(id, entries.set(key, value))
  }

  delete(id: string): void {
    this.invalidations += 1
    for (const [key, value] of this.#values.get(id) ?? []) this.#size -= this.#getSize(key, value)
    this.#values.delete(id)
  }

  clear(): void {
    this.invalidations += 1
    this.#values.clear()
    this.#size = 0
  }
}
