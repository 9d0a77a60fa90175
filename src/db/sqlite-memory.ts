import type Database from 'better-sqlite3'
import type { Engine } from './engine.ts'
import { StatementFailed } from './failures.ts'

/** The most rows to remember. */
const MOST = 10_000
/** The most texts, and the longest one: 16 million characters at most, all together. */
const MOST_TEXTS = 500
const LONGEST_TEXT = 32_768

/**
 * Remembers what was read of sessions and their users, and of the todos of users, until that is no longer so. SQLite tells when: triggers of this
 * connection see each row that it writes, by whatever statement, and `data_version` changes with a commit of any other
 * (https://sqlite.org/pragma.html#pragma_data_version).
 */
export function memoryOf(connection: Database.Database): Pick<Engine, 'remembered' | 'rememberedText'> {
  const memories: Map<string, unknown>[] = []
  let writes = 0

  function forget(id: string) {
    writes += 1
    for (const memory of memories) memory.delete(id)
  }

  const texts = new Map<string, Map<string, unknown>>()
  let textCount = 0

  function forgetTexts() {
    texts.clear()
    textCount = 0
  }

  function forgetTextsOf(userId: string) {
    writes += 1
    textCount -= texts.get(userId)?.size ?? 0
    texts.delete(userId)
  }

  function forgetAll() {
    writes += 1
    for (const memory of memories) memory.clear()
    forgetTexts()
  }

  connection.function('forget_session', id => void forget(id as string))
  connection.function('forget_sessions', () => void forgetAll())
  connection.function('forget_todos', userId => void forgetTextsOf(userId as string))
  connection.exec(`
    create temp trigger todo_inserted after insert on main.todos begin select forget_todos(new.user_id); end;
    create temp trigger todo_updated after update on main.todos begin select forget_todos(new.user_id); end;
    create temp trigger todo_deleted after delete on main.todos begin select forget_todos(old.user_id); end;
    create temp trigger session_updated after update on main.sessions begin select forget_session(old.id); end;
    create temp trigger session_deleted after delete on main.sessions begin select forget_session(old.id); end;
    create temp trigger user_updated after update on main.users begin select forget_sessions(); end;
    create temp trigger user_deleted after delete on main.users begin select forget_sessions(); end;
  `)

  const dataVersion = connection.prepare('pragma data_version').pluck()
  let version: unknown

  function forgetIfOthersWrote() {
    try {
      const present = dataVersion.get()
      if (present !== version) forgetAll()
      version = present
    } catch (error) {
      throw new StatementFailed('data_version', error)
    }
  }

  function remembered<Value>(read: (id: string) => Promise<Value | undefined>) {
    const memory = new Map<string, Value>()
    memories.push(memory)

    return async (id: string): Promise<Value | undefined> => {
      forgetIfOthersWrote()
      const known = memory.get(id)
      if (known) return known
      const asOf = writes
      const value = await read(id)
      if (value === undefined || asOf !== writes) return value
      if (memory.size >= MOST) memory.clear()
      memory.set(id, value)
      return value
    }
  }

  async function rememberedText<Value extends { readonly text: string }>(
    userId: string,
    what: string,
    read: () => Promise<Value>
  ): Promise<Value> {
    forgetIfOthersWrote()
    const known = texts.get(userId)?.get(what)
    if (known) return known as Value
    const asOf = writes
    const value = await read()
    if (asOf !== writes || value.text.length > LONGEST_TEXT) return value
    if (textCount >= MOST_TEXTS) forgetTexts()
    const own = texts.get(userId) ?? new Map<string, unknown>()
    texts.set(userId, own.set(what, value))
    textCount += 1
    return value
  }

  return { remembered, rememberedText }
}
