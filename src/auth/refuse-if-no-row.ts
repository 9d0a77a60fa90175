import { NoRowAffected } from '../db/engine.ts'
import { Problem, type ProblemCode } from '../problems/problem.ts'

/**
 * Makes a handler for `.catch` of a transaction: a statement that had to affect a row affected none, so the database undid
 * the transaction. Other errors pass unchanged.
 * @throws {Problem} with the given code
 */
export const refuseIfNoRow =
  (code: ProblemCode) =>
  (error: unknown): never => {
    throw error instanceof NoRowAffected ? new Problem(code) : error
  }
