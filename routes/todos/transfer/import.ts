import { isUtf8 } from 'node:buffer'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Problem, validationFailed } from '../../../src/problems/problem.ts'
import { MAX_IMPORT, REQUESTS_PER_MINUTE } from '../../../src/todos/limits.ts'
import { importCalendar } from '../../../src/todos/transfer/calendar-import/import-calendar.ts'
import { importTodos } from '../../../src/todos/transfer/import.ts'
import { CalendarImportLine, ImportLine } from '../../../src/todos/transfer/import-line.ts'
import { getIdempotencyKey } from '../../schemas.ts'
import * as schemas from './schemas.ts'

/** Drops the byte order mark that some programs begin a file with (RFC 8259, section 8.1). */
const decoder = new TextDecoder()

/** In a plugin of its own, because only an import takes lines, and has a body limit and a rate limit of its own. */
const importRoute: FastifyPluginAsyncTypebox = async app => {
  const check = app.compileCheck(ImportLine)
  const checkOfCalendar = app.compileCheck(CalendarImportLine)
  const limits = {
    bodyLimit: MAX_IMPORT,
    config: { rateLimit: REQUESTS_PER_MINUTE.import }
  }

  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    schemas.NDJSON_TYPES,
    { parseAs: 'buffer' },
    async (_request: unknown, bytes: Buffer) => {
      if (!isUtf8(bytes)) throw new Problem('malformed_request')
      return decoder.decode(bytes)
    }
  )
  // As bytes, because a fold in a calendar may divide a character.
  app.addContentTypeParser(
    schemas.CALENDAR,
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) => {
      assertUtf8Charset(request.headers['content-type'])
      return bytes
    }
  )

  app.post('/import', { schema: schemas.importTodos, ...limits }, async function importAll(request, reply) {
    const { body, query } = request
    const common = { userId: request.caller.id, key: getIdempotencyKey(request.headers), check }
    const { answer, isReplay } =
      typeof body === 'string'
        ? await importTodos(app.store, { ...common, text: assertNoParameters(body, query) })
        : await importCalendar(app.store, {
            ...common,
            check: checkOfCalendar,
            bytes: body,
            timeZone: query.timeZone,
            listId: query.list
          })
    if (isReplay) reply.header('idempotent-replayed', 'true')
    const { created, existing, notes } = answer
    return { created, existing, ...(notes.length > 0 && { notes: [...notes] }) }
  })
}

/** @returns the body @throws {Problem} `validation_failed` when an import of lines has parameters, which are for calendars */
function assertNoParameters(body: string, query: object): string {
  const errors = Object.keys(query).map(parameter => ({
    parameter,
    detail: 'is for calendars only; leave it out'
  }))
  if (errors.length > 0) throw validationFailed(...errors)
  return body
}

/** @throws {Problem} `unsupported_media_type` when a calendar says that it is not encoded as UTF-8 */
function assertUtf8Charset(contentType = ''): void {
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType) ?? []
  if (!['utf-8', 'utf8', 'us-ascii'].includes(charset.toLowerCase()))
    throw new Problem('unsupported_media_type', {
      detail: 'Send the calendar encoded as UTF-8.',
      headers: { accept: `${schemas.CALENDAR}; charset=utf-8` }
    })
}

export default importRoute
