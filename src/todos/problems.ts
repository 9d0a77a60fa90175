import type { ProblemType } from '../problems/problem-type.ts'
import { recurrenceProblems } from './recurrence/problems.ts'

/** The problems of todos. */
export const todosProblems = {
  ...recurrenceProblems,
  quota_exceeded: {
    status: 403,
    title: 'The account has as many todos as it may have',
    detail:
      'Nothing was done. Delete some for good, those in the trash count as well; /api/limits tells how ' +
      'many todos and bytes there may be.',
    cause:
      'The request would add to todos of an account that has as many, or as many bytes of them, as the ' +
      'service lets one have. Those in the trash count until they are deleted for good.',
    next:
      'Delete todos for good: `DELETE /api/todos/{id}?permanent=true`, also of those in the trash, which ' +
      'goes by itself after some time. What takes something away is never refused. GET /api/limits tells ' +
      'both limits.'
  },
  tag_not_found: {
    status: 404,
    title: 'There is no such tag',
    detail: 'No todo has it, not even in the trash. List the tags to see those that exist.',
    cause:
      'No todo of the account has this tag, in the list or in the trash. A change of a tag that was sent again says so, too: ' +
      'it was done the first time.',
    next:
      'GET /api/tags lists the tags of todos that are not in the trash. Upper and lower case make two tags, and what is no ' +
      'letter, digit or one of `-._~` is percent-encoded in the path.'
  },
  todo_exists: {
    status: 409,
    title: 'A todo with this id is there already',
    detail: 'Nothing was done. It is in the list or in the trash; leave out the id to make another todo.',
    cause:
      'The `id` of a new todo is that of another todo of the account, in the list or in the trash, or of one that the same ' +
      'batch deletes for good. A create that was sent again without its Idempotency-Key, or more than a day later, says so, ' +
      'too: it was done the first time.',
    next:
      'If the todo was made by the same request before, go on with it: GET /api/todos lists it, with deleted=true if it is in the ' +
      'trash. To make another one, leave out the `id`, or give another UUID. To use the id of a todo again, delete that one for ' +
      'good in a request before.'
  },
  todo_not_found: {
    status: 404,
    title: 'There is no such todo',
    detail: 'It was deleted, or the id is wrong. List the todos to see those that exist.',
    cause:
      'The account has no todo with this id, or it is in the trash. To a request that was sent again with ' +
      'its Idempotency-Key it says that the todo was made or changed, and deleted for good since.',
    next:
      'GET /api/todos lists those that exist, and with deleted=true those in the trash, which can be ' +
      'restored. The todos of other users cannot be told from missing ones.'
  }
} as const satisfies Record<string, ProblemType>

type TodosProblems = typeof todosProblems

declare module '../problems/problem.ts' {
  interface ProblemCatalogue extends TodosProblems {}
}

/** What is wrong with an id that should be that of a todo. */
export const NO_TODO = 'names no todo of the list'
