import type Database from 'better-sqlite3'
import { sql } from 'drizzle-orm'
import type { Search } from './engine.ts'
import { isOutage, StatementFailed } from './failures.ts'
import type { Commit } from './group-commit.ts'
import type { Tables } from './schema.ts'

/** Rows that go into the index before a search; the others, if there are more, are looked through one by one. */
const BATCH = 1000

/**
 * Full-text search in SQLite (FTS5). The index narrows the candidates down, together with the rows that are not in it yet;
 * whether one has the terms is decided by its row. So it finds the same at any time.
 */
export function searchOf(connection: Database.Database, { todos }: Tables, commit: Commit): Search {
  // `+?` for the reason that sqlite.ts gives.
  const unindexed = 'select seq from todos_unindexed where user_id = +? order by seq'
  const index = connection.prepare(
    `insert or replace into todos_search (rowid, terms) select seq, terms from todos where seq in (${unindexed} limit ${BATCH})`
  )
  const forget = connection.prepare(
    `delete from todos_unindexed where user_id = +? and seq in (${unindexed} limit ${BATCH})`
  )
  const catchUp = connection.transaction((userId: string) => {
    index.run(userId)
    forget.run(userId, userId)
  })
  const isBehind = connection.prepare(`${unindexed} limit 1`)

  return {
    condition: sql`${todos.seq} in (
      select rowid from todos_search where todos_search match ${sql.placeholder('match')}
      union all select seq from todos_unindexed where user_id = ${sql.placeholder('userId')}
    ) and not exists (
      select 1 from json_each(${sql.placeholder('needles')}) as wanted where case type
        when 'array' then not exists (
          select 1 from json_each(wanted.value) where instr(' ' || ${todos.terms} || ' ', value) > 0
        )
        else instr(' ' || ${todos.terms} || ' ', value) = 0
      end
    )`,
    valuesOf: ({ whole, beginnings }) => ({
      match: [
        ...whole.map(term => `"${term}"`),
        ...beginnings.map(forms => `(${forms.map(term => `"${term}"*`).join(' OR ')})`)
      ].join(' AND '),
      needles: JSON.stringify([
        ...whole.map(term => ` ${term} `),
        // One by itself is looked up without a list of its own, which would take half as long again.
        ...beginnings.map(([form, ...others]) =>
          others.length === 0 ? ` ${form}` : [form, ...others].map(term => ` ${term}`)
        )
      ])
    }),
    async settle(userId) {
      try {
        if (isBehind.get(userId)) await commit(() => catchUp(userId))
      } catch (error) {
        // Without room, say. What is not in the index is looked through row by row.
        if (!isOutage(error)) throw new StatementFailed('todos_search', error)
      }
    }
  }
}
