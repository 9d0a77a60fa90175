import { Type } from '@sinclair/typebox'
import { Id } from '../../src/http/schemas/id.ts'
import { contentFields, NewTodo, TodoPatch } from '../../src/todos/content/content.ts'
import { placementFields } from '../../src/todos/content/placement.ts'
import { serverFields } from '../../src/todos/content/server-fields.ts'
import { MoveTarget } from '../../src/todos/order/move-target.ts'
import { listFields } from '../../src/todos/query/list-query.ts'
import {
  conditionalGetHeaders,
  etagHeader,
  notModified,
  pageResponses,
  preconditionHeaders
} from '../preconditions.ts'
import {
  bearerProblems,
  bearerWithScope,
  bodyProblems,
  idempotencyHeaders,
  idempotencyProblems,
  PageQuery,
  problemResponses,
  ref
} from '../schemas.ts'
import { TodoDocument, TodoPageDocument } from './documents.ts'

const tags = ['todos']
export const params = Type.Object({ id: Id })
const strict = { additionalProperties: false }

export const todoProblems = [
  'validation_failed',
  'todo_not_found',
  'uri_too_long',
  ...bearerProblems
] as const
export const changeProblems = [...todoProblems, 'precondition_failed', 'precondition_required'] as const

/** Headers of a change that takes effect once. */
export const repeatableChangeHeaders = Type.Object({
  ...preconditionHeaders.properties,
  ...idempotencyHeaders.properties
})

export const todoResponse = (description: string) => ({
  ...ref(TodoDocument),
  description,
  headers: { etag: etagHeader }
})

export const ListQuery = Type.Object({ ...PageQuery.properties, ...listFields }, strict)

export const list = {
  operationId: 'listTodos',
  summary: 'List todos',
  description:
    'The todos, a page at a time, in an order of your choice. Filters are combined: what is found passes all of them. ' +
    'Titles are in natural order: "Item 9" comes before "Item 10". ' +
    '`overdue` goes by what calendar and clock show in `timeZone`: a day is past when it is over there, a local time a second ' +
    'after it, whatever zone the todo has. ' +
    '`q` finds emoji, too, and words without regard to case, accents, strokes, hyphens and the like; when there is no word ' +
    'in it, it finds nothing.',
  tags,
  security: bearerWithScope('todos:read'),
  querystring: ListQuery,
  headers: conditionalGetHeaders,
  response: pageResponses(TodoPageDocument, 'A page of todos.')
}

export const create = {
  operationId: 'createTodo',
  summary: 'Make a todo',
  description:
    'Makes a todo at the bottom of the inbox, of a list (`listId`), or below another todo (`parentId`), in the list of that. A title and a tag are one line with at least one visible character. Control ' +
    'characters are refused, but for line breaks and tabs in the description. Tags are kept in one form of Unicode (NFC). ' +
    'The `id` is for clients that make todos while they are offline: any UUID that no other todo of the account has. ' +
    'Sent again with its `Idempotency-Key`, the same request makes nothing: the answer is the todo as it is now, with ' +
    '`Idempotent-Replayed: true`, or 404 when it was deleted for good since.',
  tags,
  security: bearerWithScope('todos:write'),
  headers: idempotencyHeaders,
  body: {
    ...NewTodo,
    examples: [{ title: 'Buy milk', due: { date: '2026-11-24' }, tags: ['shopping'] }]
  },
  response: {
    201: {
      ...todoResponse('The todo.'),
      headers: {
        etag: etagHeader,
        location: Type.String({ format: 'uri-reference', description: 'where the todo is' })
      }
    },
    ...problemResponses(
      ...bodyProblems,
      'todo_not_found',
      'todo_exists',
      'quota_exceeded',
      ...idempotencyProblems,
      ...bearerProblems
    )
  }
}

export const read = {
  operationId: 'getTodo',
  summary: 'Read a todo',
  tags,
  security: bearerWithScope('todos:read'),
  params,
  headers: conditionalGetHeaders,
  response: { 200: todoResponse('The todo.'), ...notModified, ...problemResponses(...todoProblems) }
}

const replacedEtag = Type.String({
  description: 'the `etag` of the state that is to be replaced; 412 when it is another one',
  readOnly: true
})

const answeredCompletion = Type.Unsafe<unknown>({
  description: 'what a completion has answered, which says nothing of the present state',
  readOnly: true
})

export const replace = {
  operationId: 'replaceTodo',
  summary: 'Replace a todo',
  description:
    'Writes the whole content: a field that is left out goes back to its default. To change some, use PATCH. What GET ' +
    'answers is taken as it is: the members that the server sets may stand there as they are now, and an `etag` counts as ' +
    'If-Match does.',
  tags,
  security: bearerWithScope('todos:write'),
  params,
  headers: repeatableChangeHeaders,
  body: Type.Object(
    {
      id: Type.Optional(Id),
      ...contentFields,
      ...placementFields,
      ...serverFields,
      etag: Type.Optional(replacedEtag),
      completed: Type.Optional(answeredCompletion)
    },
    {
      ...strict,
      examples: [
        { title: 'Buy milk', due: { date: '2026-11-24' }, repeat: { rule: 'FREQ=WEEKLY', from: 'due' } }
      ]
    }
  ),
  response: {
    200: todoResponse('The todo as it is now.'),
    ...problemResponses(...bodyProblems, 'quota_exceeded', ...idempotencyProblems, ...changeProblems)
  }
}

export const patch = {
  operationId: 'patchTodo',
  summary: 'Change a todo',
  description:
    'Merges the fields that are sent into the todo (RFC 7396): those that are left out stay as they are, those that are null go back to their defaults. ' +
    'With another `listId` or `parentId` it moves there with its subtasks. Subtasks stay open when it becomes done, unless `children` ' +
    'says complete. ' +
    '`done: true` completes a recurring todo: the answer has the occurrence as `completed`, the todo stays open and is due at the next ' +
    'one, and its subtasks are opened again; after the last one it is done. With `repeat: null` beside it, the series ends. `timeZone` ' +
    'says where it is today, for a due date that is a day. Sent again ' +
    'with its `Idempotency-Key`, the same request changes nothing: the answer is the todo as it is now.',
  tags,
  security: bearerWithScope('todos:write'),
  params,
  headers: repeatableChangeHeaders,
  consumes: ['application/merge-patch+json', 'application/json'],
  body: { ...TodoPatch, examples: [{ done: true }] },
  response: {
    200: todoResponse('The todo as it is now.'),
    ...problemResponses(...bodyProblems, 'quota_exceeded', ...idempotencyProblems, ...changeProblems)
  }
}

export const move = {
  operationId: 'moveTodo',
  summary: 'Move a todo in the list',
  description:
    'Changes its position among its siblings, which does not count as an update, or moves it with its subtasks to another list or ' +
    'parent, which does. No other todo changes, unless the place has no position left after thousands of moves: then the todos ' +
    'beside it get new positions, too.',
  tags,
  security: bearerWithScope('todos:write'),
  params,
  headers: preconditionHeaders,
  body: MoveTarget,
  response: {
    200: todoResponse('The todo where it is now.'),
    ...problemResponses(...bodyProblems, ...changeProblems)
  }
}

export const restore = {
  operationId: 'restoreTodo',
  summary: 'Take a todo out of the trash',
  description:
    'Puts it back to where it was, with the subtasks that were deleted with it. Without its parent it is nobody’s subtask, and ' +
    'without its list it is in the inbox. A todo that is not in the trash stays as it is.',
  tags,
  security: bearerWithScope('todos:write'),
  params,
  headers: preconditionHeaders,
  response: { 200: todoResponse('The todo as it is now.'), ...problemResponses(...changeProblems) }
}

export const remove = {
  operationId: 'deleteTodo',
  summary: 'Delete a todo',
  description:
    'Puts it into the trash with its subtasks, from where they can be restored together; with `permanent=true` all are gone for good.',
  tags,
  security: bearerWithScope('todos:write'),
  params,
  headers: preconditionHeaders,
  querystring: Type.Object(
    {
      permanent: Type.Optional(
        Type.Boolean({
          default: false,
          description: 'true or false; true deletes for good, from the trash, too'
        })
      )
    },
    strict
  ),
  response: { 200: todoResponse('The todo that was deleted.'), ...problemResponses(...changeProblems) }
}
