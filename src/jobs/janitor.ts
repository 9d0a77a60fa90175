import { setTimeout as sleep } from 'node:timers/promises'
import { and, asc, inArray, lt, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Config } from '../config/config.ts'
import type { ColumnKit } from '../db/columns.ts'
import type { Queries } from '../db/engine.ts'
import { createStatement, param } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { getPrimaryKey } from '../db/tables.ts'
import { type CounterDefinition, count } from '../process/counters.ts'

/** Rows that a statement removes: as many as keep it to a few milliseconds, for with SQLite nothing else runs meanwhile. */
const BATCH_SIZE = 20
/**
 * Milliseconds between two batches, in which requests go first. Merely to yield would do for this process, but not for
 * another one on the same SQLite file: it waits for its turn to write by trying again now and then.
 */
const PAUSE = 5

/** Rounds of the janitor: `done`, `failed`, or `skipped` as the clock may be ahead. */
export const janitorRounds: CounterDefinition = {
  name: 'latchkey_janitor_rounds_total',
  help: 'Rounds of the janitor',
  label: 'outcome'
}

/** Rows that the janitor has removed, by table. */
export const rowsRemoved: CounterDefinition = {
  name: 'latchkey_rows_removed_total',
  help: 'Rows that the janitor removed',
  label: 'table'
}

/** Which rows of a table are removed. */
export type RetentionRule = AgeRule | RemovalRule

interface Rule {
  /** What the table is called where the janitor reports. */
  readonly name: string
  /** Milliseconds for which a row is kept. */
  readonly keepForMs: (config: Config) => number
}

/** Rows that go by themselves. */
interface AgeRule extends Rule {
  /** The column by which rows grow old, which has an index: a time, or an id that was made by the time. */
  readonly age: (kit: ColumnKit) => PgColumn
  /** Which rows grow old; by default all. The index has no others. */
  readonly condition?: (kit: ColumnKit) => SQL
  /** The value of the column at a time. By default, the time. */
  readonly toBound?: (time: Date) => Date | string
}

/** Rows whose removal takes more than that. */
interface RemovalRule extends Rule {
  readonly prepareRemoval: (store: Store) => RemoveOldest
}

/**
 * Removes the oldest rows.
 * @param before the time from which on rows are kept
 * @param size the most rows to remove
 * @returns how many of them were there
 */
export type RemoveOldest = (before: Date, size: number) => Promise<number>

/** How many rows went, by the names of the rules. */
export type RemovedRows = Readonly<Record<string, number>>

export interface JanitorOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: (table: string, rows: number) => void
}

/** Removes some of the rows that are older than a bound. */
function deleteOldest(db: Queries, age: PgColumn, condition?: SQL) {
  const [, key] = getPrimaryKey(age.table)
  const rows = db
    .select({ key })
    .from(age.table)
    .where(and(lt(age, param(age, 'before')), condition))
    .orderBy(asc(age))
    .limit(sql.placeholder('size'))
  // Waits for nobody, so that neither a request nor another janitor can end in a deadlock with it, and a row that is
  // being changed stays. SQLite has one writer at a time, and no such clause.
  const unlockedRows = 'for' in rows ? rows.for('update', { skipLocked: true }) : rows
  return db.delete(age.table).where(inArray(key, unlockedRows)).returning({ key })
}

function prepareAgeRemoval(
  store: Store,
  { name, age, condition, toBound = time => time }: AgeRule
): RemoveOldest {
  const column = age(store.kit)
  const statement = createStatement(
    store,
    `janitor_${name}_${column.name}`,
    deleteOldest(store.db, column, condition?.(store.kit))
  )
  return async (before, size) => (await statement.execute({ before: toBound(before), size })).length
}

/**
 * Removes what has been kept for long enough. Any number of janitors may work on one database at a time.
 * @param rules what the features have the janitor remove
 */
export function createJanitor(store: Store, config: Config, rules: readonly RetentionRule[]) {
  const jobs = rules.map(rule => ({
    ...rule,
    removeOldest: 'age' in rule ? prepareAgeRemoval(store, rule) : rule.prepareRemoval(store)
  }))

  /**
   * Goes through all tables once, in small batches.
   * @param options.signal ends the round after the batch under way
   * @param options.onProgress gets the rows of a table that have gone so far
   * @throws {StatementError}
   */
  return async function clean({ signal, onProgress }: JanitorOptions = {}): Promise<RemovedRows> {
    const now = store.now().getTime()

    async function removeAll({ name, keepForMs, removeOldest }: (typeof jobs)[number]): Promise<number> {
      const before = new Date(now - keepForMs(config))
      let removed = 0
      for (let size = BATCH_SIZE; size >= BATCH_SIZE && !signal?.aborted; await sleep(PAUSE)) {
        size = await removeOldest(before, BATCH_SIZE)
        removed += size
        count(store.counters.get(rowsRemoved), name, size)
        onProgress?.(name, removed)
      }
      return removed
    }

    const removed: Record<string, number> = {}
    for (const job of jobs) removed[job.name] = (removed[job.name] ?? 0) + (await removeAll(job))
    if (!signal?.aborted) await store.eraseDeleted?.()
    return removed
  }
}
