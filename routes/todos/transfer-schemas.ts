import type { Readable } from 'node:stream'
import { Type } from '@sinclair/typebox'
import { bearer, bearerProblems, problems } from '../schemas.ts'

export const NDJSON = 'application/x-ndjson'
export const CALENDAR = 'text/calendar'

const tags = ['todos']
const security = bearer

const line =
  '{"id":"01a20996-fb6c-78b7-96ed-227b58a269d2","title":"Buy milk","description":null,"done":false,"due":null,' +
  '"priority":"none","tags":[],"position":"VP7A_Bu-SoyfrBHX54HCG-","createdAt":"2026-11-23T09:30:00.000Z",' +
  '"updatedAt":"2026-11-23T09:30:00.000Z","completedAt":null,"deletedAt":null}'

const download = (schema: object) => ({ schema: Type.Unsafe<Readable>({ type: 'string', ...schema }) })

export const exportTodos = {
  operationId: 'exportTodos',
  summary: 'Export all todos',
  description:
    'Everything at once, as a file: one todo a line, as the API shows it, with those in the trash; or, with ' +
    '`Accept: text/calendar`, a calendar (RFC 5545) of those that are not. It is written while it is read: when it cannot go ' +
    'on, the connection is cut.',
  tags,
  security,
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
        [NDJSON]: download({ description: 'JSON, one todo a line', examples: [`${line}\n`] }),
        [CALENDAR]: download({ description: 'iCalendar, one VTODO for each todo' })
      }
    },
    ...problems('not_acceptable', ...bearerProblems)
  }
}
