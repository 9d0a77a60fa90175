import type Database from 'better-sqlite3'
import type { Engine } from './engine.ts'
import { StatementFailed } from './failures.ts'

/** The most rows to remember of each kind. */
const MOST = 10_000
/** The most characters of texts, their names and what goes with them, all together; and of the longest text. */
const MOST_TEXT = 16_000_000
const LONGEST_TEXT = 32_768
/** The longest name of a text: whoever asks for so odd a page does not ask for it again. */
const LONGEST_NAME = 1024
/** What it takes to remember a text, in characters beside its own and those that go with it. */
const PER_TEXT = 500

/**
 * Remembers what was read of sessions and their users, and of the todos of users, until that is no longer so. SQLite tells
 * when: triggers of this connection see each row that it writes, by whatever statement, and `data_version` changes with a
 * commit of any other (https://sqlite.org/pragma.html#pragma_data_version).
 */
export function memoryOf(connection: Database.Database): Pick<Engine, 'remembered' | 'rememberedText'> {
  const sessions: Memory[] = []
  const texts = new Memory(MOST_TEXT, (name, value) => name.length + lengthOf(value as Text) + PER_TEXT)
  let writes = 0

  function forget(memories: readonly Memory[], id: string) {
    writes += 1
    for (const memory of memories) memory.delete(id)
  }

  function forgetAll() {
    writes += 1
    for (const memory of [...sessions, texts]) memory.clear()
  }

  connection.function('forget_session', id => forget(sessions, id as string))
  connection.function('forget_todos', userId => forget([texts], userId as string))
  connection.function('forget_all', forgetAll)
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
  let isSure = false
  const settled = Promise.resolve()

  // Once for all that a request asks for in one go, as it had arrived before the first.
  function forgetIfOthersWrote() {
    if (isSure) return
    try {
      const present = dataVersion.get()
      if (present !== version) forgetAll()
      version = present
      isSure = true
      settled.then(() => {
        isSure = false
      })
    } catch (error) {
      throw new StatementFailed('data_version', error)
    }
  }

  /** What is kept of an id under a name; if nothing is, what is read, to be kept unless something was written meanwhile. */
  async function recall<Value>(
    memory: Memory,
    id: string,
    what: string,
    read: () => Promise<Value>,
    isWorthIt: (value: Value) => boolean
  ): Promise<Value> {
    forgetIfOthersWrote()
    const known = memory.get(id, what)
    if (known) return known as Value
    const asOf = writes
    const value = await read()
    if (asOf === writes && isWorthIt(value)) memory.set(id, what, value)
    return value
  }

  return {
    remembered(read) {
      const memory = new Memory(MOST)
      sessions.push(memory)
      return id => recall(memory, id, '', async () => (await read([id])).get(id), isThere)
    },
    rememberedText: (userId, what, read) =>
      what.length > LONGEST_NAME ? read() : recall(texts, userId, what, read, isShort)
  }
}

interface Text {
  readonly text: string
}

const isThere = (value: unknown) => value !== undefined
const isShort = (value: Text) => lengthOf(value) <= LONGEST_TEXT
/** The characters of the text and of what goes with it. */
const lengthOf = (value: Text) =>
  Object.values(value).reduce((sum, each) => sum + (typeof each === 'string' ? each.length : 0), 0)

/** Values by an id and a name. When it is full, it begins anew. */
class Memory {
  readonly #most: number
  readonly #sizeOf: (what: string, value: unknown) => number
  readonly #values = new Map<string, Map<string, unknown>>()
  #size = 0

  /** @param most the most that there may be, as `sizeOf` counts */
  constructor(most: number, sizeOf: (what: string, value: unknown) => number = () => 1) {
    this.#most = most
    this.#sizeOf = sizeOf
  }

  get(id: string, what: string): unknown {
    return this.#values.get(id)?.get(what)
  }

  set(id: string, what: string, value: unknown): void {
    if (this.#size >= this.#most) this.clear()
    const own = this.#values.get(id) ?? new Map<string, unknown>()
    this.#size += this.#sizeOf(what, value) - (own.has(what) ? this.#sizeOf(what, own.get(what)) : 0)
    this.#values.set(id, own.set(what, value))
  }

  delete(id: string): void {
    for (const [what, value] of this.#values.get(id) ?? []) this.#size -= this.#sizeOf(what, value)
    this.#values.delete(id)
  }

  clear(): void {
    this.#values.clear()
    this.#size = 0
  }
}
