import { setTimeout as sleep } from 'node:timers/promises'
import { asc, inArray, lt, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Config } from '../config/config.ts'
import type { Queries } from '../db/engine.ts'
import type { Tables } from '../db/schema.ts'
import { param, prepareStatements, type Statement } from '../db/statements.ts'
import { type Store, toMinId } from '../db/store.ts'
import { IDEMPOTENCY_RETENTION_MS } from '../http/idempotency.ts'
import { count } from '../process/counters.ts'

/** Rows that a statement removes: as many as keep it to a few milliseconds, for with SQLite nothing else runs meanwhile. */
const BATCH_SIZE = 20
/**
 * Milliseconds between two batches, in which requests go first. Merely to yield would do for this process, but not for
 * another one on the same SQLite file: it waits for its turn to write by trying again now and then.
 */
const PAUSE = 5
/** Seconds after the last failed sign-in for which a throttle is kept. */
const THROTTLE_RETENTION_MS = 86_400_000

/** How many rows of each table went. */
export interface RemovedRows {
  readonly sessions: number
  readonly events: number
  readonly throttles: number
  readonly todos: number
  readonly idempotencyKeys: number
}

export interface JanitorOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: (table: keyof RemovedRows, rows: number) => void
}

const statements = prepareStatements('janitor', (db, tables) => {
  const { sessions, events, throttles, todos, idempotencyKeys } = tables
  return {
    endedSessions: deleteOldest(db, sessions, sessions.endedAt),
    expiredSessions: deleteOldest(db, sessions, sessions.idleExpiresAt),
    // An id tells when its row was made; an index for that would have to be kept up with each event.
    events: deleteOldest(db, events, events.id),
    throttles: deleteOldest(db, throttles, throttles.updatedAt),
    todos: deleteOldest(db, todos, todos.deletedAt),
    idempotencyKeys: deleteOldest(db, idempotencyKeys, idempotencyKeys.createdAt)
  }
})

/** Tables are alike in what matters here: a row has an `id`, or a `seq` where an id is that of one user only. */
type Table = Tables['todos']

/** Removes some of the rows that are older than a bound, by a column that has an index. */
function deleteOldest(db: Queries, from: Tables[keyof RemovedRows], ageColumn: PgColumn) {
  const table = from as unknown as Table
  const key = table.seq ?? table.id
  const rows = db
    .select({ key })
    .from(table)
    .where(lt(ageColumn, param(ageColumn, 'before')))
    .orderBy(asc(ageColumn))
    .limit(sql.placeholder('size'))
  // Waits for nobody, so that neither a request nor another janitor can end in a deadlock with it, and a row that is
  // being changed stays. SQLite has one writer at a time, and no such clause.
  const unlockedRows = 'for' in rows ? rows.for('update', { skipLocked: true }) : rows
  return db.delete(table).where(inArray(key, unlockedRows)).returning({ key })
}

/**
 * Removes what has been kept for long enough: sessions that have ended or expired, events, throttles of sign-ins, todos of
 * the trash, answers that were kept for an Idempotency-Key.
 * Any number of janitors may work on one database at a time.
 */
export function createJanitor(store: Store, { retention }: Config) {
  const { endedSessions, expiredSessions, events, throttles, todos, idempotencyKeys } = statements(store)

  /**
   * Goes through all tables once, in small batches.
   * @param options.signal ends the round after the batch under way
   * @param options.told is told of the rows of a table that have gone so far
   * @throws {StatementFailed}
   */
  return async function clean({ signal, onProgress: told }: JanitorOptions = {}): Promise<RemovedRows> {
    const now = store.now().getTime()
    const ago = (ms: number) => new Date(now - ms)

    async function deleteAll(
      table: keyof RemovedRows,
      batch: Statement<unknown[]>,
      before: Date | string
    ): Promise<number> {
      let removed = 0
      for (let size = BATCH_SIZE; size >= BATCH_SIZE && !signal?.aborted; await sleep(PAUSE)) {
        size = (await batch.execute({ before, size: BATCH_SIZE })).length
        removed += size
        count(store.counters.rowsRemoved, table, size)
        told?.(table, removed)
      }
      return removed
    }

    const ended = await deleteAll('sessions', endedSessions, ago(retention.sessionMs))
    // The absolute expiry has no index. The idle one is at most a `session.idleMs` later, for it is counted from a
    // refresh before that.
    const expired = await deleteAll('sessions', expiredSessions, ago(retention.sessionMs))
    const removed = {
      sessions: ended + expired,
      events: await deleteAll('events', events, toMinId(ago(retention.eventMs))),
      throttles: await deleteAll('throttles', throttles, ago(THROTTLE_RETENTION_MS)),
      todos: await deleteAll('todos', todos, ago(retention.trashMs)),
      idempotencyKeys: await deleteAll('idempotencyKeys', idempotencyKeys, ago(IDEMPOTENCY_RETENTION_MS))
    }
    if (!signal?.aborted) await store.eraseDeleted?.()
    return removed
  }
}
