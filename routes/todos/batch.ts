import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../src/config/config.ts'
import { createPrecondition } from '../../src/http/preconditions.ts'
import { toRequestId, withIdempotency } from '../../src/idempotency/idempotency.ts'
import { runBatch } from '../../src/todos/bulk/batch.ts'
import { MAX_BATCH } from '../../src/todos/limits.ts'
import { createBatchReplayHandler } from '../../src/todos/replays.ts'
import { getIdempotencyKey } from '../schemas.ts'
import * as schemas from './batch-schemas.ts'

const batch: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const isRequired = config.requiresIfMatch
  const options = { schema: schemas.batch, bodyLimit: MAX_BATCH }

  app.post('/batch', options, async function batch(request, reply) {
    const { id: userId } = request.user
    const { operations, validateOnly = false } = request.body
    // What writes nothing is carried out anew each time.
    const key = validateOnly ? undefined : getIdempotencyKey(request.headers)
    const idempotentRequest = { userId, key, request: ['batch', operations] }
    const replayHandler = createBatchReplayHandler(app.store, userId, operations)
    const { answer, isReplay } = await withIdempotency(
      app.store,
      idempotentRequest,
      replayHandler,
      storeAnswer =>
        runBatch(app.store, userId, operations, {
          createPrecondition: ifMatch => createPrecondition(ifMatch, undefined, isRequired),
          validateOnly,
          requestId: toRequestId(idempotentRequest),
          storeAnswer
        })
    )
    if (isReplay) reply.header('idempotent-replayed', 'true')
    return { results: answer, validateOnly }
  })
}

export default batch
