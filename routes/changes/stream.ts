import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Problem, validationFailed } from '../../src/problems/problem.ts'
import * as schemas from './schemas.ts'

/** Answers with changes as they come. */
const streamRoute: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '/stream',
    // Without an answer to HEAD, which would open a stream for nobody.
    { schema: schemas.stream, exposeHeadRoute: false, onRequest: app.authenticateForRead },
    async function streamChanges(request, reply) {
      if (!reply.negotiateType(schemas.EVENT_STREAM)) throw new Problem('not_acceptable')
      const serialize = reply.compileSerializationSchema(schemas.ChangeDocument)
      // Of a client that resumes, `since` is where it began.
      const lastEventId = request.headers['last-event-id']
      const { readable, drop } = await app.changeStreams
        .open({
          read: request.pending.read,
          check: request.pending.check,
          since: lastEventId || request.query.since,
          serialize: change => serialize({ ...change })
        })
        .catch(error => {
          throw lastEventId ? toHeaderError(error) : error
        })
      reply.raw.on('timeout', () => {
        if (reply.raw.writableLength > 0) drop()
      })
      reply.headers({
        'content-type': schemas.EVENT_STREAM,
        'cache-control': 'no-store, no-transform',
        // Tells nginx not to wait until it has a buffer full.
        'x-accel-buffering': 'no'
      })
      return readable
    }
  )
}

/** The same problem, of a token that came in a header. */
const toHeaderError = (error: unknown) =>
  error instanceof Problem && error.code === 'validation_failed'
    ? validationFailed({
        parameter: 'Last-Event-ID',
        detail: 'is no id of an event of this account; send the last id that came, or none to begin anew'
      })
    : error

export default streamRoute
