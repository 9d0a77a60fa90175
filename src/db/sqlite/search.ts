import type Database from 'better-sqlite3'
import { getTableName, sql } from 'drizzle-orm'
import type { Search, SearchedColumns } from '../engine.ts'
import { isOutage, StatementError } from '../errors.ts'
import type { Commit } from './group-commit.ts'

/** Bytes of terms that go into the index in one go: as many as keep it to some milliseconds. */
const BATCH_BYTES = 32_768
/** Slices that go into the index before a search; the rows that are left are looked through one by one. */
const MAX_BATCHES = 32
/** What a row takes beside its terms, in bytes of them. */
const ROW_OVERHEAD = 100

/**
 * Full-text search in SQLite (FTS5). The index narrows the candidates down, together with the rows that are not in it yet;
 * the row of a candidate decides whether it has the terms. So a search finds the same at any time.
 *
 * The migration of a table `x` makes its index `x_search`, and the table `x_unindexed` of the rows that are not in it yet.
 */
export function createSearch(
  connection: Database.Database,
  { seq, terms }: SearchedColumns,
  commit: Commit
): Search {
  const table = getTableName(seq.table)
  const [index, unindexed] = [`${table}_search`, `${table}_unindexed`]
  // `+?` for the reason that drizzle.ts gives.
  const findUnindexed = connection.prepare<[string], UnindexedRow>(
    `select seq, ${terms.name} as terms from ${unindexed} join ${table} using (seq)
      where ${unindexed}.user_id = +? order by seq`
  )
  const insertTerms = connection.prepare(`insert or replace into ${index} (rowid, terms) values (?, ?)`)
  const deleteUnindexed = connection.prepare(`delete from ${unindexed} where user_id = ? and seq <= ?`)
  const indexBatch = connection.transaction((userId: string) => {
    const rows = takeBatch(findUnindexed.iterate(userId))
    for (const { seq, terms } of rows) insertTerms.run(seq, terms)
    deleteUnindexed.run(userId, rows.at(-1)?.seq)
  })
  const hasUnindexed = connection.prepare(`select 1 from ${unindexed} where user_id = +? limit 1`)

  const unindexedCondition = sql`not exists (
    select 1 from json_each(${sql.placeholder('needles')}) as wanted where case type
      when 'array' then not exists (
        select 1 from json_each(wanted.value) where instr(' ' || ${terms} || ' ', value) > 0
      )
      else instr(' ' || ${terms} || ' ', value) = 0
    end
  )`
  return {
    condition: sql`${seq} in (
      select rowid from ${sql.identifier(index)} where ${sql.identifier(index)} match ${sql.placeholder('match')}
      union all select seq from ${sql.identifier(unindexed)} where user_id = ${sql.placeholder('userId')}
    ) and ${unindexedCondition}`,
    unindexedCondition,
    toParams: ({ exactTerms, prefixTerms }) => ({
      match: [
        ...exactTerms.map(term => `"${term}"`),
        ...prefixTerms.map(forms => `(${forms.map(term => `"${term}"*`).join(' OR ')})`)
      ].join(' AND '),
      needles: JSON.stringify([
        ...exactTerms.map(term => ` ${term} `),
        // One by itself is looked up without a list of its own, which would take half as long again.
        ...prefixTerms.map(([form, ...others]) =>
          others.length === 0 ? ` ${form}` : [form, ...others].map(term => ` ${term}`)
        )
      ])
    }),
    async catchUpIndex(userId) {
      try {
        for (let batches = 0; batches < MAX_BATCHES && hasUnindexed.get(userId); batches += 1)
          await commit(() => indexBatch(userId))
      } catch (error) {
        // Without room, say. What is not in the index is looked through row by row.
        if (!isOutage(error)) throw new StatementError(index, error)
      }
    }
  }
}

/** A row that is not in the index yet. */
interface UnindexedRow {
  readonly seq: number
  readonly terms: string
}

/** The first rows, at least one, up to so many bytes of terms. */
function takeBatch(rows: Iterable<UnindexedRow>): UnindexedRow[] {
  const batch: UnindexedRow[] = []
  let size = 0
  for (const row of rows) {
    batch.push(row)
    size += Buffer.byteLength(row.terms) + ROW_OVERHEAD
    if (size >= BATCH_BYTES) break
  }
  return batch
}
