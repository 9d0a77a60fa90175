import type { BoundStatement, Rows } from '../../../db/bound-statement.ts'
import { AFTER_ALL, BEFORE_ALL } from '../../order/list-position.ts'
import type { BulkUpdateRow } from '../../tables.ts'

/** Some ids: after `from`, up to and including `to`. */
export interface IdRange {
  readonly from: string
  readonly to: string
}

export const ALL_IDS: IdRange = { from: BEFORE_ALL, to: AFTER_ALL }

/** A bulk update: what is done to which todos of whom, and what is stamped on them. */
export type BulkUpdateRun = Pick<BulkUpdateRow, 'userId' | 'change' | 'revision' | 'startedAt'>

/** A statement of a pass. */
export interface PassStatement extends BoundStatement {
  /** Whether each of its rows is a todo that the update has changed. */
  readonly isCounted?: boolean
}

/** The same statement, each of whose rows counts as a changed todo. */
export const countRows = (statement: BoundStatement<Rows>): PassStatement => ({
  ...statement,
  isCounted: true
})

/** A walk over the todos of a user, in the order of their ids. */
export interface Pass {
  /**
   * Makes the statements that change the todos of a range, to run in one transaction. A statement may be made from the rows of
   * the one before it: nobody else changes the user's todos in between. What is made from rows that were read earlier must
   * affect a row; when it affects none, the statements are made anew. Reads must not wait for pending updates, this one among them.
   */
  readonly prepareRange: (range: IdRange) => Promise<readonly PassStatement[]>
  /**
   * Finds where a slice ends that has so many of the todos that the pass is about; undefined when there are fewer. By default
   * the pass is about all todos of the user.
   */
  readonly findSliceEnd?: (from: string, size: number) => Promise<string | undefined>
}

/** Makes the passes of an update, which run one after the other. A run that goes on after a crash makes them again. */
export type PreparePasses = (update: BulkUpdateRun) => Promise<readonly Pass[]>

/** Counts the changed todos by the rows of the statements. */
export const countChanged = (statements: readonly PassStatement[], rows: readonly Rows[]): number =>
  statements.reduce((sum, { isCounted }, index) => sum + (isCounted ? (rows[index] as Rows).length : 0), 0)
