import { NoRowAffected } from '../db/bound-statement.ts'
import { Problem, type ProblemCode, type ProblemOptions } from '../problems/problem.ts'

/**
 * Makes a handler for `.catch` of a transaction: a statement that had to affect a row affected none, so the database undid
 * the transaction. Other errors pass unchanged.
 * @throws {Problem} with the given code and particulars
 */
export const refuseIfNoRow =
  (code: ProblemCode, options?: ProblemOptions) =>
  (error: unknown): never => {
    throw error instanceof NoRowAffected ? new Problem(code, options) : error
  }

/** For `.catch` of a transaction that need not take effect. Other errors pass unchanged. */
export function ignoreIfNoRow(error: unknown): void {
  if (!(error instanceof NoRowAffected)) throw error
}
