import type Database from 'better-sqlite3'
import type { Engine } from '../engine.ts'
import { StatementError } from '../errors.ts'

/** The most rows to remember of each kind. */
const MAX_ENTRIES = 10_000
/** The most characters of texts, their names and what goes with them, all together; and of the longest text. */
const MAX_TEXT_TOTAL = 16_000_000
const MAX_TEXT_LENGTH = 32_768
/** The longest name of a text: whoever asks for so odd a page does not ask for it again. */
const MAX_KEY_LENGTH = 1024
/** What it takes to remember a text, in characters beside its own and those that go with it. */
const TEXT_OVERHEAD = 500

/**
 * Remembers what was read of sessions and their users, and of the todos of users, until that is no longer so. SQLite tells
 * when: triggers of this connection see each row that it writes, by whatever statement, and `data_version` changes with a
 * commit of any other (https://sqlite.org/pragma.html#pragma_data_version).
 */
export function createReadCache(connection: Database.Database): Pick<Engine, 'cached' | 'cachedText'> {
  const sessionCaches: BoundedCache[] = []
  const textCache = new BoundedCache(
    MAX_TEXT_TOTAL,
    (key, value) => key.length + getLength(value as Text) + TEXT_OVERHEAD
  )
  let writes = 0

  function invalidate(caches: readonly BoundedCache[], id: string) {
    writes += 1
    for (const cache of caches) cache.delete(id)
  }

  function invalidateAll() {
    writes += 1
    for (const cache of [...sessionCaches, textCache]) cache.clear()
  }

  connection.function('forget_session', id => invalidate(sessionCaches, id as string))
  connection.function('forget_todos', userId => invalidate([textCache], userId as string))
  connection.function('forget_all', invalidateAll)
  connection.exec(`
    create temp trigger todo_inserted after insert on main.todos begin select forget_todos(new.user_id); end;
    create temp trigger todo_updated after update on main.todos begin select forget_todos(new.user_id); end;
    create temp trigger todo_deleted after delete on main.todos begin select forget_todos(old.user_id); end;
    create temp trigger session_updated after update on main.sessions begin select forget_session(old.id); end;
    create temp trigger session_deleted after delete on main.sessions begin select forget_session(old.id); end;
    create temp trigger user_updated after update on main.users begin select forget_all(); end;
    create temp trigger user_deleted after delete on main.users begin select forget_all(); end;
  `)

  const dataVersion = connection.prepare('pragma data_version').pluck()
  let version: unknown
  let isChecked = false
  const resolved = Promise.resolve()

  // Once for all that a request asks for in one go, as it had arrived before the first.
  function invalidateIfOthersWrote() {
    if (isChecked) return
    try {
      const current = dataVersion.get()
      if (current !== version) invalidateAll()
      version = current
      isChecked = true
      resolved.then(() => {
        isChecked = false
      })
    } catch (error) {
      throw new StatementError('data_version', error)
    }
  }

  /** What is kept of an id under a name; if nothing is, what is read, to be kept unless something was written meanwhile. */
  async function readThrough<Value>(
    cache: BoundedCache,
    id: string,
    key: string,
    read: () => Promise<Value>,
    isCacheable: (value: Value) => boolean
  ): Promise<Value> {
    invalidateIfOthersWrote()
    const hit = cache.get(id, key)
    if (hit) return hit as Value
    const writesBefore = writes
    const value = await read()
    if (writesBefore === writes && isCacheable(value)) cache.set(id, key, value)
    return value
  }

  return {
    cached(read) {
      const cache = new BoundedCache(MAX_ENTRIES)
      sessionCaches.push(cache)
      return id => readThrough(cache, id, '', async () => (await read([id])).get(id), isFound)
    },
    cachedText: (userId, key, read) =>
      key.length > MAX_KEY_LENGTH ? read() : readThrough(textCache, userId, key, read, isShort)
  }
}

interface Text {
  readonly text: string
}

const isFound = (value: unknown) => value !== undefined
const isShort = (value: Text) => getLength(value) <= MAX_TEXT_LENGTH
/** The characters of the text and of what goes with it. */
const getLength = (value: Text) =>
  Object.values(value).reduce((sum, field) => sum + (typeof field === 'string' ? field.length : 0), 0)

/** Values by an id and a name. When it is full, it begins anew. */
class BoundedCache {
  readonly #most: number
  readonly #sizeOf: (key: string, value: unknown) => number
  readonly #values = new Map<string, Map<string, unknown>>()
  #size = 0

  /** @param maxSize the most that there may be, as `sizeOf` counts */
  constructor(maxSize: number, getSize: (key: string, value: unknown) => number = () => 1) {
    this.#most = maxSize
    this.#sizeOf = getSize
  }

  get(id: string, key: string): unknown {
    return this.#values.get(id)?.get(key)
  }

  set(id: string, key: string, value: unknown): void {
    if (this.#size >= this.#most) this.clear()
    const entries = this.#values.get(id) ?? new Map<string, unknown>()
    this.#size += this.#sizeOf(key, value) - (entries.has(key) ? this.#sizeOf(key, entries.get(key)) : 0)
    this.#values.set(id, entries.set(key, value))
  }

  delete(id: string): void {
    for (const [key, value] of this.#values.get(id) ?? []) this.#size -= this.#sizeOf(key, value)
    this.#values.delete(id)
  }

  clear(): void {
    this.#values.clear()
    this.#size = 0
  }
}
