import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../src/config/config.ts'
import { createPrecondition } from '../../src/http/preconditions.ts'
import { runBatch } from '../../src/todos/bulk/batch.ts'
import { MAX_BATCH } from '../../src/todos/limits.ts'
import { getIdempotencyKey } from '../schemas.ts'
import * as schemas from './batch-schemas.ts'

const batch: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const isRequired = config.requiresIfMatch
  const options = { schema: schemas.batch, bodyLimit: MAX_BATCH }

  app.post('/batch', options, async function batch(request, reply) {
    const { operations, validateOnly = false } = request.body
    const { answer, isReplay } = await runBatch(app.store, {
      userId: request.caller.id,
      sessionId: request.caller.sessionId,
      operations,
      validateOnly,
      key: getIdempotencyKey(request.headers),
      createPrecondition: ifMatch => createPrecondition(ifMatch, undefined, isRequired)
    })
    if (isReplay) reply.header('idempotent-replayed', 'true')
    return { results: answer, validateOnly }
  })
}

export default batch
