import { Type } from '@sinclair/typebox'
import { BatchOperation, MAX_OPERATIONS } from '../../src/todos/bulk/batch-operation.ts'
import { MAX_BATCH_CHANGES } from '../../src/todos/limits.ts'
import {
  bearerProblems,
  bearerWithScope,
  bodyProblems,
  idempotencyHeaders,
  idempotencyProblems,
  problemResponses,
  ref
} from '../schemas.ts'
import { TodoDocument } from './documents.ts'

const strict = { additionalProperties: false }

export const BatchDocument = Type.Object(
  {
    results: Type.Array(
      Type.Object({
        todo: Type.Optional(ref(TodoDocument)),
        todos: Type.Optional(
          Type.Array(ref(TodoDocument), { description: 'those of `ids`, in their order' })
        ),
        count: Type.Optional(
          Type.Integer({
            description: 'how many that pass `where` were changed, without subtasks that went along'
          })
        )
      }),
      { description: 'what came of each operation, in their order' }
    ),
    validateOnly: Type.Boolean({ description: 'whether nothing was written' })
  },
  {
    $id: 'BatchResult',
    description: 'What came of a batch.',
    examples: [{ results: [{ count: 3 }], validateOnly: false }]
  }
)

export const batch = {
  operationId: 'batchTodos',
  summary: 'Do several things at once',
  description:
    `Carries out up to ${MAX_OPERATIONS} operations in their order, all or none; each finds the todos as those before ` +
    'left them. `complete` is `patch` with done true; `delete` puts into the trash, `restore` takes out of it, and `purge` ' +
    'deletes for good. They take the `id` of a todo, or `ids`, or, in a batch of its own, `where`: all todos that pass a filter, ' +
    'however many, of which `patch` may then change `done` or `listId` only, and `restore` and `purge` take those in the trash. `move` ' +
    'takes `ids`, too: the first goes to the target, each other one below the one before. A condition that excludes nothing, such ' +
    'as an empty list of tags, is refused, also beside others: it would choose more than was meant. With the subtasks that ' +
    `go along, and without \`where\`, a batch may change ${MAX_BATCH_CHANGES} todos. Sent again with its ` +
    '`Idempotency-Key`, the same batch does nothing: the answer has the todos as they are now, without those that were ' +
    'deleted for good since, and `Idempotent-Replayed: true`.',
  tags: ['todos'],
  security: bearerWithScope('todos:write'),
  headers: idempotencyHeaders,
  body: Type.Object(
    {
      operations: Type.Array(BatchOperation, {
        minItems: 1,
        maxItems: MAX_OPERATIONS,
        description: `a list of 1 to ${MAX_OPERATIONS} operations`
      }),
      validateOnly: Type.Optional(
        Type.Boolean({
          default: false,
          description: 'true or false; true runs everything and writes nothing'
        })
      )
    },
    {
      ...strict,
      examples: [
        { operations: [{ op: 'patch', where: { dueBefore: '2026-12-01' }, changes: { done: true } }] }
      ]
    }
  ),
  response: {
    200: { ...ref(BatchDocument), description: 'What came of each operation.' },
    ...problemResponses(
      ...bodyProblems,
      'todo_not_found',
      'todo_exists',
      'quota_exceeded',
      ...idempotencyProblems,
      'precondition_failed',
      'precondition_required',
      ...bearerProblems
    )
  }
}
