import type Database from 'better-sqlite3'
import { sql } from 'drizzle-orm'
import type { Search } from './engine.ts'
import { isOutage, StatementFailed } from './failures.ts'
import type { Commit } from './group-commit.ts'
import type { Tables } from './schema.ts'

/** Bytes of terms that go into the index in one go: as many as keep it to some milliseconds. */
const SLICE = 32_768
/** Slices that go into the index before a search; the rows that are left are looked through one by one. */
const MOST_SLICES = 32
/** What a row takes beside its terms, in bytes of them. */
const ROW = 100

/**
 * Full-text search in SQLite (FTS5). The index narrows the candidates down, together with the rows that are not in it yet;
 * whether one has the terms is decided by its row. So it finds the same at any time.
 */
export function searchOf(connection: Database.Database, { todos }: Tables, commit: Commit): Search {
  // `+?` for the reason that sqlite.ts gives.
  const next = connection.prepare<[string], Unindexed>(
    `select seq, terms from todos_unindexed join todos using (seq) where todos_unindexed.user_id = +? order by seq`
  )
  const index = connection.prepare('insert or replace into todos_search (rowid, terms) values (?, ?)')
  const forget = connection.prepare('delete from todos_unindexed where user_id = ? and seq <= ?')
  const catchUp = connection.transaction((userId: string) => {
    const rows = sliceOf(next.iterate(userId))
    for (const { seq, terms } of rows) index.run(seq, terms)
    forget.run(userId, rows.at(-1)?.seq)
  })
  const isBehind = connection.prepare('select 1 from todos_unindexed where user_id = +? limit 1')

  const rowCondition = sql`not exists (
    select 1 from json_each(${sql.placeholder('needles')}) as wanted where case type
      when 'array' then not exists (
        select 1 from json_each(wanted.value) where instr(' ' || ${todos.terms} || ' ', value) > 0
      )
      else instr(' ' || ${todos.terms} || ' ', value) = 0
    end
  )`
  return {
    condition: sql`${todos.seq} in (
      select rowid from todos_search where todos_search match ${sql.placeholder('match')}
      union all select seq from todos_unindexed where user_id = ${sql.placeholder('userId')}
    ) and ${rowCondition}`,
    rowCondition,
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
        for (let slices = 0; slices < MOST_SLICES && isBehind.get(userId); slices += 1)
          await commit(() => catchUp(userId))
      } catch (error) {
        // Without room, say. What is not in the index is looked through row by row.
        if (!isOutage(error)) throw new StatementFailed('todos_search', error)
      }
    }
  }
}

/** A row that is not in the index yet. */
interface Unindexed {
  readonly seq: number
  readonly terms: string
}

/** The first rows, at least one, up to so many bytes of terms. */
function sliceOf(rows: Iterable<Unindexed>): Unindexed[] {
  const slice: Unindexed[] = []
  let size = 0
  for (const row of rows) {
    slice.push(row)
    size += Buffer.byteLength(row.terms) + ROW
    if (size >= SLICE) break
  }
  return slice
}
