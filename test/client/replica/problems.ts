import { type Problem, ProblemError } from '../../../src/client/index.ts'

export const problem = (
  status: number,
  code: Problem['code'],
  action?: Problem['action'],
  retryAfter?: number
): ProblemError =>
  new ProblemError(
    status,
    {
      type: `/problems/${code}`,
      title: code,
      status,
      detail: 'No.',
      code,
      instance: '1',
      ...(action && { action })
    },
    retryAfter
  )

export const PROBLEM = {
  overloaded: (retryAfter: number) => problem(503, 'overloaded', 'retry-later', retryAfter),
  keyInUse: () => problem(409, 'idempotency_key_in_use', 'retry-later', 1),
  quota: () => problem(403, 'quota_exceeded'),
  invalid: () => problem(400, 'validation_failed'),
  missing: () => problem(404, 'todo_not_found'),
  exists: () => problem(409, 'todo_exists'),
  signedOut: () => problem(401, 'access_token_revoked', 'sign-in'),
  tokenExpired: () => problem(410, 'sync_token_expired', 'resync'),
  /** An answer that is not the service's. */
  unknown: (status: number) => new ProblemError(status)
}
