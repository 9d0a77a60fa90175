import { isUtf8 } from 'node:buffer'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Problem } from '../../../src/problems/problem.ts'
import { MAX_IMPORT, REQUESTS_PER_MINUTE } from '../../../src/todos/limits.ts'
import { importTodos } from '../../../src/todos/transfer/import.ts'
import { ImportLine } from '../../../src/todos/transfer/import-line.ts'
import { getIdempotencyKey } from '../../schemas.ts'
import * as schemas from './schemas.ts'

/** Drops the byte order mark that some programs begin a file with (RFC 8259, section 8.1). */
const decoder = new TextDecoder()

/** In a plugin of its own, because only an import takes lines, and has a body limit and a rate limit of its own. */
const importRoute: FastifyPluginAsyncTypebox = async app => {
  const check = app.compileCheck(ImportLine)
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

  app.post('/import', { schema: schemas.importTodos, ...limits }, async function importAll(request, reply) {
    const { id: userId } = request.user
    const key = getIdempotencyKey(request.headers)
    const { answer, isReplay } = await importTodos(app.store, { userId, key, check, text: request.body })
    if (isReplay) reply.header('idempotent-replayed', 'true')
    return answer
  })
}

export default importRoute
