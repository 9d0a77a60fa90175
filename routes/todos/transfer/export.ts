import { once } from 'node:events'
import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Problem } from '../../../src/problems/problem.ts'
import { toCalendar } from '../../../src/todos/transfer/calendar.ts'
import { readDuePages, readTodoPages, toNdjson } from '../../../src/todos/transfer/export.ts'
import { TodoDocument } from '../documents.ts'
import { CALENDAR, exportTodos, NDJSON } from './schemas.ts'

/** Answers in one of two media types. */
const exportRoute: FastifyPluginAsyncTypebox = async app => {
  app.get('/export', { schema: exportTodos }, async function exportTodos(request, reply) {
    const type = reply.negotiateType(NDJSON, CALENDAR)
    if (!type) throw new Problem('not_acceptable')

    const isCalendar = type === CALENDAR
    const { id: userId } = request.user
    const pages = readTodoPages(app.store, userId, isCalendar ? 'listed' : 'all')
    const serialize = reply.compileSerializationSchema(TodoDocument)
    const chunks = isCalendar
      ? toCalendar(pages, readDuePages(app.store, userId))
      : toNdjson(pages, todo => serialize({ ...todo }))
    const stream = Readable.from(request.method === 'HEAD' ? [] : chunks)
    // If not even the beginning can be read, the answer is a problem.
    await once(stream, 'readable')
    reply.headers({
      'content-type': isCalendar ? `${CALENDAR}; charset=utf-8` : NDJSON,
      'content-disposition': `attachment; filename="todos.${isCalendar ? 'ics' : 'ndjson'}"`
    })
    return stream
  })
}

export default exportRoute
