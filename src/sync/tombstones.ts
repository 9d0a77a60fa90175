import { and, asc, eq, isNull, lt, ne, or, type SQL, sql } from 'drizzle-orm'
import type { BoundStatement } from '../db/bound-statement.ts'
import type { Engine, Queries } from '../db/engine.ts'
import { createStatement, param, paramRow, prepareStatements } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import type { RemoveOldest } from '../jobs/janitor.ts'
import { Problem } from '../problems/problem.ts'
import { type ChangeSource, inChangeRange, type ReadChanged, toRangeParams } from './change-source.ts'
import { prepareChanges } from './sequence.ts'
import { syncTables } from './tables.ts'

type Tombstones = ReturnType<typeof syncTables>['tombstones']

/** Something may have been deleted before, and imported again since. */
const onConflict = (tombstones: Tombstones) => ({
  target: [tombstones.userId, tombstones.id, tombstones.type],
  set: { changeNumber: sql`excluded.change_number`, deletedAt: param(tombstones.deletedAt, 'deletedAt') }
})

const changes = prepareChanges('tombstones', syncTables, (db, { tombstones }, changeNumber) => {
  const { seq: _seq, ...row } = paramRow(tombstones)
  return {
    insert: db
      .insert(tombstones)
      .values({ ...row, changeNumber })
      .onConflictDoUpdate(onConflict(tombstones))
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

/**
 * Builds a write that tells followers of the deletion of several things of a user. It belongs right before that one, in the same
 * transaction, and needs `deletedAt`.
 * @param source what they are; the condition selects those that are deleted
 */
export function insertTombstones(
  engine: Engine,
  db: Queries,
  changeNumber: SQL,
  { type, columns }: Pick<ChangeSource, 'type' | 'columns'>,
  condition: SQL | undefined
) {
  const { tombstones } = syncTables(engine.kit)
  const { userId, id } = columns(engine.kit)
  const deleted = db
    .select({
      seq: engine.nextValue(tombstones.seq).as('seq'),
      userId: sql<string>`${userId}`.as('user_id'),
      type: sql<string>`${sql.raw(`'${type}'`)}`.as('type'),
      id: sql<string>`${id}`.as('id'),
      changeNumber: sql<number>`${changeNumber}`.as('change_number'),
      deletedAt: sql<Date>`${param(tombstones.deletedAt, 'deletedAt')}`.as('deleted_at')
    })
    .from(id.table)
    .where(condition)
  return db
    .insert(tombstones)
    .select(deleted)
    .onConflictDoUpdate(onConflict(tombstones))
    .returning({ id: tombstones.id })
}

const TOMBSTONE_SIZE = 100

/**
 * Makes the reading of what was deleted for good, and is not there again. It throws `sync_token_expired` when some of it is no
 * longer known.
 * @param sources what may be there again
 */
export function createTombstoneReader(store: Store, sources: readonly ChangeSource[]): ReadChanged {
  const statement = createStatement(store, 'tombstones_findChanged', selectChanged(store, sources))
  return async (_store, userId, range, limit) => {
    const rows = await statement.execute(toRangeParams(userId, range, limit))
    if (rows.some(({ floor }) => range.after.number < floor)) throw new Problem('sync_token_expired')
    return rows.flatMap(({ type, id, number }) =>
      // A row of nothing but the floor.
      type === null || id === null || number === null
        ? []
        : { type, id, number, item: undefined, size: TOMBSTONE_SIZE }
    )
  }
}

/** Selects the floor with the tombstones: between two queries, the janitor could remove one and raise it. */
function selectChanged({ db, kit }: Store, sources: readonly ChangeSource[]) {
  const { changeSequences, tombstones } = syncTables(kit)
  const range = inChangeRange(tombstones)
  const isNotThere = sources.map(({ type, columns }) => {
    const { userId, id } = columns(kit)
    const existing = db
      .select({ id })
      .from(id.table)
      .where(and(eq(userId, tombstones.userId), eq(id, tombstones.id)))
    // Not by `not exists`, for which PostgreSQL may read the whole table first.
    return or(ne(tombstones.type, type), isNull(sql`(${existing})`))
  })
  const tombstone = db
    .select({ type: tombstones.type, id: tombstones.id, number: tombstones.changeNumber })
    .from(tombstones)
    .where(and(range.condition, ...isNotThere))
    .orderBy(...range.order)
    .limit(range.limit)
    .as('tombstone')
  return db
    .select({
      floor: changeSequences.floor,
      type: tombstone.type,
      id: tombstone.id,
      number: tombstone.number
    })
    .from(changeSequences)
    .leftJoin(tombstone, sql`true`)
    .where(eq(changeSequences.userId, param(changeSequences.userId, 'userId')))
}

const statements = prepareStatements('tombstones', syncTables, (db, { changeSequences, tombstones }) => {
  const isOld = lt(tombstones.deletedAt, param(tombstones.deletedAt, 'before'))
  const belongsToUser = eq(tombstones.userId, param(tombstones.userId, 'userId'))
  const floor = param(changeSequences.floor, 'floor')
  return {
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
