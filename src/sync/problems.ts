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
  },
  too_many_streams: {
    status: 429,
    title: 'There are too many streams of this account',
    detail:
      'Close a stream of changes before you open another one, or read GET /api/changes from time to time. The stream of a ' +
      'client that lost its network may take minutes to end.',
    action: 'retry-later',
    cause:
      'As many streams of changes of this account are open as are allowed (MAX_STREAMS_PER_USER). Each tab or device that ' +
      'follows the changes takes one.',
    next:
      'Share one stream among the tabs of a browser (a BroadcastChannel passes the changes on), and close those that nobody ' +
      'reads. The stream of a client that lost its network ends when the system gives the connection up, within seconds or ' +
      'minutes. GET /api/changes gives the same changes without a stream.'
  }
} as const satisfies Record<string, ProblemType>

type SyncProblems = typeof syncProblems

declare module '../problems/problem.ts' {
  interface ProblemCatalogue extends SyncProblems {}
}
