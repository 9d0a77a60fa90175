import type { Readable } from 'node:stream'
import { Type } from '@sinclair/typebox'
import { MAX_IMPORT, MAX_IMPORT_LINES, MAX_IMPORT_NOTES } from '../../../src/todos/limits.ts'
import { ListRef } from '../../../src/todos/query/list-query.ts'
import {
  bearerProblems,
  bearerWithScope,
  bodyProblems,
  idempotencyHeaders,
  idempotencyProblems,
  problemResponses
} from '../../schemas.ts'
import { exampleTodo } from '../documents.ts'

export const NDJSON = 'application/x-ndjson'
/** Media types of lines of JSON. None is registered (https://spec.openapis.org/registry/media-type/sequential_json). */
export const NDJSON_TYPES = [
  NDJSON,
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonl',
  'application/jsonlines',
  'application/x-jsonlines'
]
export const CALENDAR = 'text/calendar'

// Without examples, which Swagger UI would send each time.
const ListId = Type.String({ format: 'uuid', lowerCase: true, description: 'the id of a list' })
const OptionalTimeZone = Type.String({
  format: 'time-zone',
  description: 'the name of a time zone (IANA) such as Europe/Berlin'
})

const tags = ['todos']

const exampleLine = JSON.stringify(exampleTodo)

const exampleCalendar = `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Latchkey//Todos//EN
BEGIN:VTODO
UID:${exampleTodo.id}@latchkey
SUMMARY:${exampleTodo.title}
END:VTODO
END:VCALENDAR
`.replaceAll('\n', '\r\n')

const downloadContent = (schema: object) => ({ schema: Type.Unsafe<Readable>({ type: 'string', ...schema }) })

export const exportTodos = {
  operationId: 'exportTodos',
  summary: 'Export all todos',
  description:
    'Everything at once, as a file: one todo a line, as the API shows it, with those in the trash; or, with ' +
    '`Accept: text/calendar`, a calendar (RFC 5545) of those that are not, with the changes of the clocks about the years ' +
    'that they are due in, and of all years for series; a calendar without todos has a time zone, since it must have a component. It is written while it ' +
    'is read: when it cannot go on, the connection is cut. With `list` only the todos of that list, or of the `inbox`, are exported, ' +
    'without those in the trash; their calendar has the name of the list. In a calendar of all todos the list of a todo is one of its CATEGORIES.',
  tags,
  security: bearerWithScope('todos:read'),
  querystring: Type.Object({ list: Type.Optional(ListRef) }, { additionalProperties: false }),
  headers: Type.Object({
    accept: Type.Optional(Type.String({ description: `${NDJSON} or ${CALENDAR}; the first unless told` }))
  }),
  response: {
    200: {
      description: 'The todos.',
      headers: {
        'content-disposition': Type.String({ description: 'the name of a file' }),
        vary: Type.String({ description: 'among others, Accept' })
      },
      content: {
        [NDJSON]: downloadContent({ description: 'JSON, one todo a line', examples: [`${exampleLine}\n`] }),
        [CALENDAR]: downloadContent({
          description: 'iCalendar, one VTODO for each todo',
          examples: [exampleCalendar]
        })
      }
    },
    ...problemResponses('validation_failed', 'not_acceptable', ...bearerProblems)
  }
}

const ImportNote = Type.Object({
  line: Type.Integer({ description: 'the line of the file, counted from 1' }),
  uid: Type.Optional(Type.String({ description: 'the UID of the component, if it has one' })),
  detail: Type.String({ description: 'what was not taken over, and why' })
})

const Lines = {
  type: 'string',
  description: 'JSON, one todo a line',
  examples: [`${exampleLine}\n{"title":"Buy oats"}\n`]
}
const Calendar = { description: 'iCalendar, one VTODO for each todo', examples: [exampleCalendar] }

export const importTodos = {
  operationId: 'importTodos',
  summary: 'Import todos',
  description:
    'Takes back what was exported, here or elsewhere: each todo as it stands, but for its `etag`, and for a `position` that ' +
    'another todo of the list has, for which it gets one right after that. One whose `id` is there ' +
    'already stays as it is, so what was exported can be imported again at any time, also when an answer was lost. A line ' +
    'needs a `title` only, and nothing in it may be before its `createdAt`: a todo without an `id` is a new one each time, ' +
    'but for a repetition with the same `Idempotency-Key`; without a `position` it goes to the bottom, in the order of the ' +
    'lines, and the times are now, but never against the order of those that the line has. All ' +
    'wrong lines are told at once (up to 100 errors), with pointers such as `/17/title`, where the first line is number 0; ' +
    'then nothing is imported. An empty line at the end does not count, nor does a byte order mark at the start. ' +
    `At most ${MAX_IMPORT} bytes and ${MAX_IMPORT_LINES} lines; divide more than that between any two lines.\n\n` +
    'Also takes a calendar (`text/calendar`, RFC 5545), encoded as UTF-8: each VTODO becomes a todo, whose id is made from the ' +
    'UID, so the same calendar can be imported again. Times that name no time zone, or an unknown one, are those of ' +
    '`timeZone`, or else of X-WR-TIMEZONE; without both only their days are taken. The todos go to the inbox, or ' +
    'to the list `list`. `notes` tells line by line what a todo ' +
    `cannot hold, such as reminders or events (up to ${MAX_IMPORT_NOTES}; one more tells how many there are besides). A file ` +
    'that is cut off, a VTODO without SUMMARY, a wrong DUE, and a text that is too long are errors, with pointers such as `/17`; ' +
    'then nothing is imported.',
  tags,
  security: bearerWithScope('todos:write'),
  headers: idempotencyHeaders,
  querystring: Type.Object(
    {
      list: Type.Optional(ListId),
      timeZone: Type.Optional(OptionalTimeZone)
    },
    { additionalProperties: false }
  ),
  consumes: [...NDJSON_TYPES, CALENDAR],
  body: Type.Unsafe<string | Buffer>({
    content: {
      ...Object.fromEntries(NDJSON_TYPES.map(type => [type, { schema: Lines }])),
      [CALENDAR]: { schema: Calendar }
    }
  }),
  response: {
    200: Type.Object(
      {
        created: Type.Integer({ description: 'how many todos were made' }),
        existing: Type.Integer({ description: 'how many were there already' }),
        notes: Type.Optional(
          Type.Array(ImportNote, {
            description: 'what was not taken over, in the order of the lines, if there is any'
          })
        )
      },
      { description: 'All todos are there.', examples: [{ created: 1, existing: 1 }] }
    ),
    ...problemResponses(...bodyProblems, 'quota_exceeded', ...idempotencyProblems, ...bearerProblems)
  }
}
