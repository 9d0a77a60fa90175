import type { ProblemType } from '../problems/problem-type.ts'

/** The problems of requests with an Idempotency-Key. */
export const idempotencyProblems = {
  idempotency_key_in_use: {
    status: 409,
    title: 'A request with this key is under way',
    detail: 'Wait for the seconds in Retry-After, then send the same request again to get its answer.',
    action: 'retry-later',
    cause: 'A request with the same Idempotency-Key came a moment ago, and its answer is not known yet.',
    next:
      'The first request with this key is still being worked on. Wait for the seconds in Retry-After and ' +
      'send the very same request again: it gets the answer of the first.'
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The key belongs to another request',
    detail:
      'Send a new Idempotency-Key with each new request, and the same one only with the very same ' +
      'request.',
    cause:
      'The key was sent before with a request that was not the same. Neither the old answer nor a new ' +
      'effect would be right. How JSON is written, and in which order its members stand, does not matter.',
    next:
      'A key stands for one request. Make a new one, a UUID say, for each new request; reuse it only to ' +
      'send the same again.'
  }
} as const satisfies Record<string, ProblemType>

type IdempotencyProblems = typeof idempotencyProblems

declare module '../problems/problem.ts' {
  interface ProblemCatalogue extends IdempotencyProblems {}
}
