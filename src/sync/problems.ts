import type { ProblemType } from '../problems/problem-type.ts'

/** The problems of following changes. */
export const syncProblems = {
  sync_token_expired: {
    status: 410,
    title: 'The changes since then are no longer all known',
    detail: 'Begin again without `since`: take everything there is, and forget what does not come.',
    action: 'resync',
    cause:
      'What was deleted for good is remembered for CHANGE_RETENTION seconds only, and `since` is older than something that ' +
      'was forgotten. Or the database was restored from a backup that is older than `since`. In both cases an answer would ' +
      'leave something out in silence.',
    next:
      'Read GET /api/changes from the beginning, without `since`, into an empty copy, and then put that in the place of the ' +
      'old one. Changes of your own that were not sent yet are good still: send them as before.'
  }
} as const satisfies Record<string, ProblemType>

type SyncProblems = typeof syncProblems

declare module '../problems/problem.ts' {
  interface ProblemCatalogue extends SyncProblems {}
}
