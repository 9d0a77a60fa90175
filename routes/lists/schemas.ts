import { Type } from '@sinclair/typebox'
import { Id } from '../../src/http/schemas/id.ts'
import { ListMoveTarget, ListPatch, NewList } from '../../src/todos/lists/content.ts'
import { listFilterFields } from '../../src/todos/lists/page.ts'
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
  exampleIds,
  idempotencyHeaders,
  idempotencyProblems,
  PageQuery,
  problemResponses,
  ref
} from '../schemas.ts'
import { ListDocument, ListPageDocument } from './documents.ts'

const tags = ['lists']
const params = Type.Object({ id: Type.String({ ...Id, examples: [exampleIds.list] }) })
const strict = { additionalProperties: false }

const listProblems = ['validation_failed', 'list_not_found', 'uri_too_long', ...bearerProblems] as const
const changeProblems = [...listProblems, 'precondition_failed', 'precondition_required'] as const

const listResponse = (description: string) => ({
  ...ref(ListDocument),
  description,
  headers: { etag: etagHeader }
})

export const list = {
  operationId: 'listLists',
  summary: 'List the lists',
  description:
    'The lists, a page at a time, in the order that the user gave them. The inbox is no list: todos whose `listId` is null are in it.',
  tags,
  security: bearerWithScope('todos:read'),
  querystring: Type.Object({ ...PageQuery.properties, ...listFilterFields }, strict),
  headers: conditionalGetHeaders,
  response: pageResponses(ListPageDocument, 'A page of lists.')
}

export const create = {
  operationId: 'createList',
  summary: 'Make a list',
  description:
    'Makes a list below all others. A name is one line with at least one visible character. The `id` is for clients that make ' +
    'lists while they are offline: any UUID that no other list of the account has. Sent again with its `Idempotency-Key`, the ' +
    'same request makes nothing: the answer is the list as it is now, with `Idempotent-Replayed: true`, or 404 when it was ' +
    'deleted for good since.',
  tags,
  security: bearerWithScope('todos:write'),
  headers: idempotencyHeaders,
  body: { ...NewList, examples: [{ name: 'Shopping', color: '#1e90ff' }] },
  response: {
    201: {
      ...listResponse('The list.'),
      headers: {
        etag: etagHeader,
        location: Type.String({ format: 'uri-reference', description: 'where the list is' })
      }
    },
    ...problemResponses(
      ...bodyProblems,
      'list_not_found',
      'list_exists',
      'too_many_lists',
      ...idempotencyProblems,
      ...bearerProblems
    )
  }
}

export const read = {
  operationId: 'getList',
  summary: 'Read a list',
  tags,
  security: bearerWithScope('todos:read'),
  params,
  headers: conditionalGetHeaders,
  response: { 200: listResponse('The list.'), ...notModified, ...problemResponses(...listProblems) }
}

export const patch = {
  operationId: 'patchList',
  summary: 'Change a list',
  description:
    'Merges the fields that are sent into the list (RFC 7396): those that are left out stay as they are, those that are null go ' +
    'back to their defaults. The todos of an archived list stay out of what is not about this list.',
  tags,
  security: bearerWithScope('todos:write'),
  params,
  headers: preconditionHeaders,
  consumes: ['application/merge-patch+json', 'application/json'],
  body: { ...ListPatch, examples: [{ name: 'Groceries' }] },
  response: {
    200: listResponse('The list as it is now.'),
    ...problemResponses(...bodyProblems, ...changeProblems)
  }
}

export const move = {
  operationId: 'moveList',
  summary: 'Move a list among the others',
  description:
    'Changes its position, which does not count as an update. No other list changes, unless the place has no position left ' +
    'after thousands of moves: then all lists get new positions.',
  tags,
  security: bearerWithScope('todos:write'),
  params,
  headers: preconditionHeaders,
  body: ListMoveTarget,
  response: {
    200: listResponse('The list where it is now.'),
    ...problemResponses(...bodyProblems, ...changeProblems)
  }
}

export const restore = {
  operationId: 'restoreList',
  summary: 'Take a list out of the trash',
  description:
    'Puts it back to where it was, with exactly those todos that were deleted with it. A list that is not in the trash stays as it is.',
  tags,
  security: bearerWithScope('todos:write'),
  params,
  headers: preconditionHeaders,
  response: { 200: listResponse('The list as it is now.'), ...problemResponses(...changeProblems) }
}

export const remove = {
  operationId: 'deleteList',
  summary: 'Delete a list',
  description:
    'Puts it into the trash with all its todos, from where they can be restored together; with `permanent=true` they are gone for ' +
    'good. Todos that were in the trash before stay there.',
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
  response: { 200: listResponse('The list that was deleted.'), ...problemResponses(...changeProblems) }
}
