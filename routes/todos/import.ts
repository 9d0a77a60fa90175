import { isUtf8 } from 'node:buffer'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Problem } from '../../src/errors.ts'
import { MAX_IMPORT, PER_MINUTE } from '../../src/limits.ts'
import { importTodos } from '../../src/todos/import.ts'
import { keyIn } from '../schemas.ts'
import * as schemas from './transfer-schemas.ts'

/** It leaves out the byte order mark that some programs begin a file with (RFC 8259, section 8.1). */
const decoder = new TextDecoder()

/** Apart from its siblings, since it alone takes lines, and many of them. */
const importing: FastifyPluginAsyncTypebox = async app => {
  const check = app.checkOf(schemas.Line)
  const limits = {
    bodyLimit: MAX_IMPORT,
    config: { rateLimit: PER_MINUTE.import }
  }

  app.removeAllContentTypeParsers()
  app.addContentTypeParser(schemas.LINES, { parseAs: 'buffer' }, async (_request: unknown, bytes: Buffer) => {
    if (!isUtf8(bytes)) throw new Problem('malformed_request')
    return decoder.decode(bytes)
  })

  app.post('/import', { schema: schemas.importTodos, ...limits }, async function importAll(request, reply) {
    const { id: userId } = request.user
    const key = keyIn(request.headers)
    const { answer, isRepetition } = await importTodos(app.store, { userId, key, check, text: request.body })
    if (isRepetition) reply.header('idempotent-replayed', 'true')
    return answer
  })
}

export default importing
