import { isUtf8 } from 'node:buffer'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Problem } from '../../src/errors.ts'
import { MAX_IMPORT, PER_MINUTE } from '../../src/limits.ts'
import { importTodos } from '../../src/todos/import.ts'
import * as schemas from './transfer-schemas.ts'

/** Apart from its siblings, since it alone takes lines, and many of them. */
const importing: FastifyPluginAsyncTypebox = async app => {
  const check = app.checkOf(schemas.Line)
  const limits = {
    bodyLimit: MAX_IMPORT,
    config: { rateLimit: { max: PER_MINUTE.import, timeWindow: '1 minute' } }
  }

  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    schemas.NDJSON,
    { parseAs: 'buffer' },
    async (_request: unknown, bytes: Buffer) => {
      if (!isUtf8(bytes)) throw new Problem('malformed_request')
      return bytes.toString()
    }
  )

  app.post('/import', { schema: schemas.importTodos, ...limits }, async function importAll(request) {
    return importTodos(app.store, request.user.id, request.body, check)
  })
}

export default importing
