import type Database from 'better-sqlite3'
import { StatementFailed } from './failures.ts'

/** The most rows to remember. */
const MOST = 10_000

/**
 * Remembers what was read of sessions and their users, until that is no longer so. SQLite tells when: triggers of this
 * connection see each row that it writes, by whatever statement, and `data_version` changes with a commit of any other
 * (https://sqlite.org/pragma.html#pragma_data_version).
 */
export function sessionMemoryOf(connection: Database.Database) {
  const memories: Map<string, unknown>[] = []
  let writes = 0

  function forget(id: string) {
    writes += 1
    for (const memory of memories) memory.delete(id)
  }

  function forgetAll() {
    writes += 1
    for (const memory of memories) memory.clear()
  }

  connection.function('forget_session', id => void forget(id as string))
  connection.function('forget_sessions', () => void forgetAll())
  connection.exec(`
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

  return function remembered<Value>(read: (id: string) => Promise<Value | undefined>) {
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
}
