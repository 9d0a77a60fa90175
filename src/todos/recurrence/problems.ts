import type { ProblemType } from '../../problems/problem-type.ts'

/** The problems of recurring todos and their completions. */
export const recurrenceProblems = {
  completion_not_found: {
    status: 404,
    title: 'There is no such completion',
    detail:
      'It was taken back, or the id is wrong. List the completions of the todo to see those that exist.',
    cause:
      'The todo has no completion with this id. It may be one of another todo, or it was taken back before.',
    next:
      'GET /api/todos/{id}/completions lists those that exist. A DELETE that was sent again says so, too: the completion was ' +
      'taken back the first time.'
  },
  completion_not_latest: {
    status: 409,
    title: 'Only the latest completion can be taken back',
    detail: 'Nothing was done. Take back those after it first, the latest one before the others.',
    cause:
      'The todo has been completed again after this completion. What is due now follows from the latest one, so they are taken ' +
      'back in the opposite order.',
    next:
      'GET /api/todos/{id}/completions lists the completions, the latest first. DELETE them one by one from the top, or leave them ' +
      'as they are: PATCH `due` sets any date.'
  },
  series_changed: {
    status: 409,
    title: 'The series has been changed since this completion',
    detail: 'Nothing was done. Set the date that you want with PATCH { due }, and the rule with { repeat }.',
    cause:
      'After the completion somebody has moved the date, skipped an occurrence, or changed or ended the rule. To take the completion ' +
      'back would undo that as well.',
    next:
      'Read the todo, and set what it should be: PATCH `due` moves the date, `due` and `repeat` together begin the series anew. The ' +
      'completion stays.'
  },
  series_ended: {
    status: 409,
    title: 'The series has no occurrence after this one',
    detail: 'Nothing was done. Complete the todo, or end the series with { repeat: null }.',
    cause:
      'The todo is at the last occurrence of its rule, which ends by COUNT or UNTIL or with the year 9999; or it is done, and so is the ' +
      'series.',
    next:
      'PATCH `done: true` completes the last occurrence; `repeat: null` ends the series and leaves the todo open. Another `repeat` ' +
      'begins a series anew. A todo that is done has to be opened first, with `done: false`.'
  },
  todo_not_recurring: {
    status: 409,
    title: 'The todo does not repeat',
    detail: 'Nothing was done. Only a todo with repeat has a next occurrence; PATCH { due } moves a date.',
    cause: 'There is no next occurrence to go to, since the `repeat` of the todo is null.',
    next: 'PATCH `due` to move the date, or set `repeat` first. Somebody may have ended the series meanwhile: read the todo.'
  }
} as const satisfies Record<string, ProblemType>
