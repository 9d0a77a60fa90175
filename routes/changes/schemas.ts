import type { Readable } from 'node:stream'
import { Type } from '@sinclair/typebox'
import { IdDocument } from '../../src/http/schemas/id.ts'
import { StringEnum } from '../../src/http/schemas/types.ts'
import type { ChangePage } from '../../src/sync/changes.ts'
import { ListDocument } from '../lists/documents.ts'
import { bearerProblems, bearerWithScope, exampleIds, PageLimit, problemResponses, ref } from '../schemas.ts'
import { exampleTodo, TodoDocument } from '../todos/documents.ts'

/** Changes of a page: the default, and the maximum. */
export const DEFAULT_CHANGES = 200
const MAX_CHANGES = 1000

/** How far somebody has followed the changes. */
const exampleToken = 'WyJxTHZCelRmbyIsMCwxLCJ-Il0'
/** How far whoever has a change has followed: other changes may have the same number. */
const exampleChangeToken = 'WyJFTmJtbWFkeCIsMCwxLCIwMWEyMDk5Ni1mYjZjLTc4YjctOTZlZC0yMjdiNThhMjY5ZDIiXQ'

/** Not a union by `deleted`: an answer is not validated, and a plain schema serializes faster. */
export const ChangeDocument = Type.Object(
  {
    type: StringEnum(['todo', 'list'], { description: 'what was changed; the member of this name holds it' }),
    id: IdDocument,
    deleted: Type.Boolean({
      description: 'whether it was deleted for good; what is in the trash is not'
    }),
    todo: Type.Optional(ref(TodoDocument)),
    list: Type.Optional(ref(ListDocument))
  },
  {
    $id: 'Change',
    description: 'The latest state of something that was changed.',
    examples: [{ type: 'todo', id: exampleIds.todo, deleted: false, todo: exampleTodo }]
  }
)

export const ChangePageDocument = Type.Unsafe<ChangePage>(
  Type.Object(
    {
      changes: Type.Array(ref(ChangeDocument)),
      next: Type.String({ description: 'the `since` of the next request' }),
      more: Type.Boolean({ description: 'whether there are more changes at this moment' })
    },
    {
      $id: 'ChangePage',
      description: 'Some changes.',
      examples: [
        {
          changes: [{ type: 'todo', id: exampleIds.todo, deleted: false, todo: exampleTodo }],
          next: exampleToken,
          more: false
        }
      ]
    }
  )
)

/** Where to begin. */
const sinceField = {
  since: Type.Optional(
    Type.String({
      description: 'the `next` of the page before; without it, everything there is comes first'
    })
  )
}

export const list = {
  operationId: 'listChanges',
  summary: 'List what has changed',
  description:
    'What has changed since a request before, in the order of the last changes: each todo and each list once, as it is now. Without `since` ' +
    'it begins with all of them, those in the trash included, and goes over into the changes by itself, so one loop does for ' +
    'both: ask again with `since` set to `next`, at once while `more` is true. Nothing is missed, whatever happens between two ' +
    'requests: moves, the trash, and what is deleted for good, which comes with `deleted` set to true. A page may have fewer ' +
    'changes than `limit` when they are long.',
  tags: ['changes'],
  security: bearerWithScope('todos:read'),
  querystring: Type.Object(
    { ...sinceField, limit: PageLimit(DEFAULT_CHANGES, MAX_CHANGES) },
    { additionalProperties: false }
  ),
  response: {
    200: { ...ref(ChangePageDocument), description: 'Some changes.' },
    ...problemResponses('validation_failed', 'sync_token_expired', ...bearerProblems)
  }
}

export const EVENT_STREAM = 'text/event-stream'

const exampleEvents = `retry: 2000

event: change
id: ${exampleChangeToken}
data: ${JSON.stringify({ type: 'todo', id: exampleIds.todo, deleted: false, todo: exampleTodo })}

event: caught-up
data: ${JSON.stringify({ next: exampleToken })}

`

export const stream = {
  operationId: 'streamChanges',
  summary: 'Stream what changes',
  description:
    'The same changes as server-sent events, as they come: first what has changed since `Last-Event-ID` or `since`, or ' +
    'everything there is. A `change` has the change as its data, and as its id the token from which to go on. `caught-up` says ' +
    'that everything was sent, as far as its `next`, which is a token, too. `end` says why the service ends the stream, by the ' +
    'code of a problem: `access_token_expired` when the token runs out, for example, after which a client refreshes its ' +
    'pair and connects again. ' +
    'A comment every 15 seconds shows that the connection stands. A client that reads slowly misses nothing: it gets each ' +
    'todo in its latest state.',
  tags: ['changes'],
  security: bearerWithScope('todos:read'),
  headers: Type.Object({
    'last-event-id': Type.Optional(
      Type.String({ description: 'the id of the last event that the client has; it wins over `since`' })
    )
  }),
  querystring: Type.Object(sinceField, { additionalProperties: false }),
  response: {
    200: {
      description: 'The changes, without an end.',
      headers: {
        'cache-control': Type.String({ description: 'no-store, no-transform' }),
        'x-accel-buffering': Type.String({ description: 'no: nginx passes events on at once' })
      },
      content: {
        [EVENT_STREAM]: {
          schema: Type.Unsafe<Readable>({
            type: 'string',
            description: 'server-sent events (HTML Living Standard, section 9.2)',
            examples: [exampleEvents]
          })
        }
      }
    },
    ...problemResponses(
      'validation_failed',
      'not_acceptable',
      'sync_token_expired',
      'too_many_streams',
      'shutting_down',
      ...bearerProblems
    )
  }
}
