import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../src/config.ts'
import { once, requestIdOf } from '../../src/idempotency.ts'
import { MAX_BATCH } from '../../src/limits.ts'
import { preconditionOf } from '../../src/preconditions.ts'
import { runBatch } from '../../src/todos/batch.ts'
import { keepingOfBatch } from '../../src/todos/repetitions.ts'
import { keyIn } from '../schemas.ts'
import * as schemas from './batch-schemas.ts'

const batch: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const isRequired = config.REQUIRE_IF_MATCH === 'on'
  const options = { schema: schemas.batch, bodyLimit: MAX_BATCH }

  app.post('/batch', options, async function batch(request, reply) {
    const { id: userId } = request.user
    const { operations, validateOnly = false } = request.body
    // What writes nothing is carried out anew each time.
    const key = validateOnly ? undefined : keyIn(request.headers)
    const repeatable = { userId, key, request: ['batch', operations] }
    const keeping = keepingOfBatch(app.store, userId, operations)
    const { answer, isRepetition } = await once(app.store, repeatable, keeping, keep =>
      runBatch(app.store, userId, operations, {
        preconditionOf: ifMatch => preconditionOf(ifMatch, undefined, isRequired),
        validateOnly,
        requestId: requestIdOf(repeatable),
        keep
      })
    )
    if (isRepetition) reply.header('idempotent-replayed', 'true')
    return { results: answer, validateOnly }
  })
}

export default batch
