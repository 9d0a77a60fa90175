import type { ProblemType } from '../../problems/problem-type.ts'
import { MAX_LISTS } from '../limits.ts'

/** The problems of lists. */
export const listsProblems = {
  too_many_lists: {
    status: 403,
    title: 'The account has as many lists as it may have',
    detail: `Nothing was done. There are at most ${MAX_LISTS}, those in the trash included; delete some for good.`,
    cause: `The account has ${MAX_LISTS} lists. Those in the trash count until they are deleted for good.`,
    next:
      'Delete lists for good: `DELETE /api/lists/{id}?permanent=true`, also of those in the trash, which goes by itself after ' +
      'some time. Move todos that are still needed to another list before.'
  },
  list_exists: {
    status: 409,
    title: 'A list with this id is there already',
    detail: 'Nothing was done. It is there or in the trash; leave out the id to make another list.',
    cause:
      'The `id` of a new list is that of another list of the account, in the trash or not. A create that was sent again without ' +
      'its Idempotency-Key, or more than a day later, says so, too: it was done the first time.',
    next:
      'If the list was made by the same request before, go on with it: GET /api/lists lists it, with deleted=true if it is in the ' +
      'trash. To make another one, leave out the `id`, or give another UUID.'
  },
  list_not_found: {
    status: 404,
    title: 'There is no such list',
    detail: 'It was deleted, or the id is wrong. GET /api/lists tells those that there are.',
    cause:
      'The account has no list with this id, or it is in the trash. To a create that was sent again with its Idempotency-Key it ' +
      'says that the list was made, and deleted for good since.',
    next:
      'GET /api/lists lists those that there are, and with deleted=true those in the trash, which can be restored. The lists of ' +
      'other users cannot be told from missing ones.'
  }
} as const satisfies Record<string, ProblemType>

type ListsProblems = typeof listsProblems

declare module '../../problems/problem.ts' {
  interface ProblemCatalogue extends ListsProblems {}
}

/** What is wrong with an id that should be that of a list. */
export const NO_LIST = 'names no list; GET /api/lists tells those that there are'
