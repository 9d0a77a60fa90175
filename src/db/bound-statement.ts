/** The rows of a statement. */
export type Rows = readonly unknown[]

/** A statement with its values, to be run. */
export interface BoundStatement<Result = unknown> {
  readonly name: string
  /**
   * Runs again when the transaction has to begin anew.
   * @param earlierRows the rows of the statements before it in its transaction
   */
  readonly run: (earlierRows: readonly Rows[]) => Result | Promise<Result>
  /** Whether the transaction takes effect only if this statement affects a row. */
  readonly mustAffectRow?: boolean
  /** The share of the reserve on a full disk that the statement may use, from 0 to 1; none by default. */
  readonly reserveShare?: number
  /** Called when the transaction has committed. */
  readonly onCommitted?: () => void
}

/** The same statement, whose transaction takes effect only if the statement affects a row. */
export const mustAffectRow = <Result>(statement: BoundStatement<Result>): BoundStatement<Result> => ({
  ...statement,
  mustAffectRow: true
})

/**
 * The same statement, which may use the room that an engine keeps for a full disk.
 * @param share the share of that room, from 0 to 1. What ends sessions has all of it, so that nothing else uses it up.
 */
export const mayUseReserve = <Result>(
  statement: BoundStatement<Result>,
  share = 1
): BoundStatement<Result> => ({
  ...statement,
  reserveShare: share
})

/** A statement that must affect a row affected none, so its transaction was undone. */
export class NoRowAffected extends Error {
  readonly statement: BoundStatement

  constructor(statement: BoundStatement) {
    super(`${statement.name} found no row`)
    this.statement = statement
  }
}

/** Whether a transaction was undone because one of these statements had to affect a row and affected none. */
export const isUndoneBy = (
  error: unknown,
  ...statements: readonly BoundStatement[]
): error is NoRowAffected => error instanceof NoRowAffected && statements.includes(error.statement)

/**
 * Gives the rows of a statement on.
 * @throws {NoRowAffected} when there are none, though the statement must affect a row
 */
export function assertAffected<Result>(statement: BoundStatement<Result>, rows: Result): Result {
  if (statement.mustAffectRow && (rows as unknown[]).length === 0) throw new NoRowAffected(statement)
  return rows
}

/** The rows of each statement. */
export type ResultsOf<Statements extends readonly BoundStatement[]> = {
  [Index in keyof Statements]: Statements[Index] extends BoundStatement<infer Result> ? Result : never
}
