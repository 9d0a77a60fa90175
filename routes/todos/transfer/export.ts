import { once } from 'node:events'
import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Problem } from '../../../src/problems/problem.ts'
import { exportTodos } from '../../../src/todos/transfer/export/export-todos.ts'
import { TodoDocument } from '../documents.ts'
import * as schemas from './schemas.ts'

const { CALENDAR, NDJSON } = schemas

/** Answers in one of two media types. */
const exportRoute: FastifyPluginAsyncTypebox = async app => {
  app.get('/export', { schema: schemas.exportTodos }, async function exportAll(request, reply) {
    const type = reply.negotiateType(NDJSON, CALENDAR)
    if (!type) throw new Problem('not_acceptable')

    const isCalendar = type === CALENDAR
    const { id: userId } = request.caller
    const serialize = reply.compileSerializationSchema(TodoDocument)
    const chunks = await exportTodos(app.store, userId, {
      isCalendar,
      listRef: request.query.list,
      serialize: todo => serialize({ ...todo })
    })
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
