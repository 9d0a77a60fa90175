import { and, asc, eq, lt, sql } from 'drizzle-orm'
import type { BoundStatement } from '../db/engine.ts'
import { param, paramRow, prepareStatements } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import type { RemoveOldest } from '../jobs/janitor.ts'
import { inChangeRange, type ReadChanged, toRangeParams } from './change-source.ts'
import { prepareChanges } from './sequence.ts'
import { syncTables } from './tables.ts'

const changes = prepareChanges('tombstones', syncTables, (db, { tombstones }, changeNumber) => {
  const { seq: _seq, ...row } = paramRow(tombstones)
  return {
    // Something may have been deleted before, and imported again since.
    insert: db
      .insert(tombstones)
      .values({ ...row, changeNumber })
      .onConflictDoUpdate({
        target: [tombstones.userId, tombstones.id, tombstones.type],
        set: {
          changeNumber: sql`excluded.change_number`,
          deletedAt: param(tombstones.deletedAt, 'deletedAt')
        }
      })
      .returning({ id: tombstones.id })
  }
})

/** What is deleted for good. */
export interface Deleted {
  readonly userId: string
  readonly type: string
  readonly id: string
}

/** @returns the statement that tells followers of a deletion. It belongs before that one, in the same transaction. */
export const bindTombstone = (store: Store, deleted: Deleted): BoundStatement<readonly unknown[]> =>
  changes(store).insert.bind({ ...deleted, deletedAt: store.now() })

const TOMBSTONE_SIZE = 100

/** Reads what was deleted for good. */
export const readTombstones: ReadChanged = async (store, userId, range, limit) => {
  const rows = await statements(store).findChanged.execute(toRangeParams(userId, range, limit))
  return rows.map(({ type, id, number }) => ({ type, id, number, item: undefined, size: TOMBSTONE_SIZE }))
}

const statements = prepareStatements('tombstones', syncTables, (db, { changeSequences, tombstones }) => {
  const isOld = lt(tombstones.deletedAt, param(tombstones.deletedAt, 'before'))
  const belongsToUser = eq(tombstones.userId, param(tombstones.userId, 'userId'))
  const floor = param(changeSequences.floor, 'floor')
  const range = inChangeRange(tombstones)
  return {
    findChanged: db
      .select({ type: tombstones.type, id: tombstones.id, number: tombstones.changeNumber })
      .from(tombstones)
      .where(range.condition)
      .orderBy(...range.order)
      .limit(range.limit),
    findOldest: db
      .select({ userId: tombstones.userId, changeNumber: tombstones.changeNumber })
      .from(tombstones)
      .where(isOld)
      .orderBy(asc(tombstones.deletedAt))
      .limit(sql.placeholder('size')),
    raiseFloor: db
      .update(changeSequences)
      .set({ floor })
      .where(
        and(
          eq(changeSequences.userId, param(changeSequences.userId, 'userId')),
          lt(changeSequences.floor, floor)
        )
      )
      .returning({ floor: changeSequences.floor }),
    deleteOld: db
      .delete(tombstones)
      .where(
        and(
          belongsToUser,
          isOld,
          sql`${tombstones.changeNumber} <= ${param(tombstones.changeNumber, 'floor')}`
        )
      )
      .returning({ seq: tombstones.seq })
  }
})

/**
 * Makes what removes old tombstones. Whoever has followed the changes up to before one of them can no longer be told of it,
 * which the floor of the user's sequence says from then on.
 */
export const createTombstoneRemoval =
  (store: Store): RemoveOldest =>
  async (before, size) => {
    const { findOldest, raiseFloor, deleteOld } = statements(store)
    const tombstones = await findOldest.execute({ before, size })
    for (const [userId, ofUser] of Map.groupBy(tombstones, tombstone => tombstone.userId)) {
      const params = { userId, before, floor: Math.max(...ofUser.map(({ changeNumber }) => changeNumber)) }
      await store.atomically(raiseFloor.bind(params), deleteOld.bind(params))
    }
    return tombstones.length
  }
