import { and, asc, eq, lte, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { ColumnKit } from '../db/columns.ts'
import { param } from '../db/statements.ts'
import type { Store } from '../db/store.ts'

/** A place in the change sequence of a user: after a row with this number and id. */
export interface ChangePosition {
  readonly number: number
  readonly id: string
}

/** The place after all rows of a number. */
export const afterNumber = (number: number): ChangePosition => ({ number, id: AFTER_ALL_IDS })
export const AFTER_ALL_IDS = '~'

/** The changes that are read: after a position, up to a number. */
export interface ChangeRange {
  readonly after: ChangePosition
  readonly upTo: number
}

/** The latest state of something that was changed, at the place of its last change. */
export interface ChangedItem extends ChangePosition {
  readonly type: string
  /** What it is now; undefined when it was deleted for good. */
  readonly item: object | undefined
  /** About how many characters it has as JSON. */
  readonly size: number
}

/**
 * Reads what was changed, in the order of the positions.
 * @param limit the most items
 */
export type ReadChanged = (
  store: Store,
  userId: string,
  range: ChangeRange,
  limit: number
) => Promise<readonly ChangedItem[]>

/** A kind of data whose changes can be followed. */
export interface ChangeSource {
  /** What it is called. */
  readonly type: string
  /** Where what there is of it is found. */
  readonly columns: (kit: ColumnKit) => ChangeColumns
  readonly readChanged: ReadChanged
  /** Reads while no write is half done that takes effect in several transactions. */
  readonly readConsistently?: <Result>(
    store: Store,
    userId: string,
    read: () => Promise<Result>
  ) => Promise<Result>
}

/** The columns by which changes are found. An index must have them, in this order. */
export interface ChangeColumns {
  readonly userId: PgColumn
  readonly changeNumber: PgColumn
  readonly id: PgColumn
}

/** The rows of a range: the condition, the order and the limit of a query with the parameters of `toRangeParams`. */
export const inChangeRange = ({ userId, changeNumber, id }: ChangeColumns) => ({
  condition: and(
    eq(userId, param(userId, 'userId')),
    sql`(${changeNumber}, ${id}) > (${param(changeNumber, 'number')}, ${param(id, 'id')})`,
    lte(changeNumber, param(changeNumber, 'upTo'))
  ) as SQL,
  order: [asc(changeNumber), asc(id)],
  limit: sql.placeholder('limit')
})

/** The parameters of a query of a range. */
export const toRangeParams = (userId: string, { after, upTo }: ChangeRange, limit: number) => ({
  userId,
  ...after,
  upTo,
  limit
})

/** Whether a position comes before another one. */
export const isEarlier = (a: ChangePosition, b: ChangePosition): boolean =>
  a.number === b.number ? a.id < b.id : a.number < b.number
