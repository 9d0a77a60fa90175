import { once } from 'node:events'
import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Problem } from '../../src/errors.ts'
import { calendarOf } from '../../src/todos/calendar.ts'
import { duePages, linesOf, todoPages } from '../../src/todos/export.ts'
import { TodoDocument } from './documents.ts'
import { CALENDAR, exportTodos, NDJSON } from './transfer-schemas.ts'

/** Apart from its siblings, since it alone answers in more than one media type. */
const exporting: FastifyPluginAsyncTypebox = async app => {
  app.get('/export', { schema: exportTodos }, async function exportTodos(request, reply) {
    const type = reply.preferred(NDJSON, CALENDAR)
    if (!type) throw new Problem('not_acceptable')

    const isCalendar = type === CALENDAR
    const { id: userId } = request.user
    const pages = todoPages(app.store, userId, isCalendar ? 'listed' : 'all')
    const write = reply.compileSerializationSchema(TodoDocument)
    const parts = isCalendar
      ? calendarOf(pages, duePages(app.store, userId))
      : linesOf(pages, todo => write({ ...todo }))
    const stream = Readable.from(request.method === 'HEAD' ? [] : parts)
    // When not even the beginning can be read, it fails as any other request does.
    await once(stream, 'readable')
    reply.headers({
      'content-type': isCalendar ? `${CALENDAR}; charset=utf-8` : NDJSON,
      'content-disposition': `attachment; filename="todos.${isCalendar ? 'ics' : 'ndjson'}"`
    })
    return stream
  })
}

export default exporting
