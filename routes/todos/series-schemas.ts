import { Type } from '@sinclair/typebox'
import { Id } from '../../src/http/schemas/id.ts'
import { preconditionHeaders } from '../preconditions.ts'
import {
  bearerWithScope,
  exampleIds,
  idempotencyProblems,
  PageQuery,
  problemResponses,
  ref
} from '../schemas.ts'
import { CompletionPageDocument } from './documents.ts'
import { changeProblems, params, repeatableChangeHeaders, todoProblems, todoResponse } from './schemas.ts'

const tags = ['todos']

export const listCompletions = {
  operationId: 'listCompletions',
  summary: 'List what was completed of a recurring todo',
  description: 'The occurrences that were completed, the latest first, a page at a time.',
  tags,
  security: bearerWithScope('todos:read'),
  params,
  querystring: PageQuery,
  response: {
    200: { ...ref(CompletionPageDocument), description: 'A page of completions.' },
    ...problemResponses(...todoProblems)
  }
}

export const takeBackCompletion = {
  operationId: 'takeBackCompletion',
  summary: 'Take a completion back',
  description:
    'Takes the latest completion back: the todo is open, and due as it was before. Subtasks that were opened again stay open. Whoever ' +
    'has moved the date or changed the rule since has the last word: then it is refused.',
  tags,
  security: bearerWithScope('todos:write'),
  params: Type.Object({ id: Id, completionId: { ...Id, examples: [exampleIds.completion] } }),
  headers: preconditionHeaders,
  response: {
    200: todoResponse('The todo as it is now.'),
    ...problemResponses(...changeProblems, 'completion_not_found', 'completion_not_latest', 'series_changed')
  }
}

export const skip = {
  operationId: 'skipOccurrence',
  summary: 'Skip an occurrence of a recurring todo',
  description:
    'Goes on to the next occurrence, as a completion does, without one. Where COUNT limits the rule, what is skipped counts. Sent again ' +
    'with its `Idempotency-Key`, the same request skips nothing: the answer is the todo as it is now.',
  tags,
  security: bearerWithScope('todos:write'),
  params,
  headers: repeatableChangeHeaders,
  response: {
    200: todoResponse('The todo with its next occurrence.'),
    ...problemResponses(...changeProblems, 'todo_not_recurring', 'series_ended', ...idempotencyProblems)
  }
}
