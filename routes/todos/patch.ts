import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../src/config/config.ts'
import { createTodos } from '../../src/todos/todos.ts'
import { createPreconditionFactory, setResultHeaders } from '../preconditions.ts'
import { getIdempotencyKey } from '../schemas.ts'
import * as schemas from './schemas.ts'

/** In a plugin of its own, because only PATCH takes a media type beside plain JSON. */
const patch: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const createPrecondition = createPreconditionFactory(config)
  app.addContentTypeParser('application/merge-patch+json', { parseAs: 'buffer' }, app.parseJson)

  app.patch('/:id', { schema: schemas.patch }, async function patch(request, reply) {
    const { params, body, caller } = request
    const precondition = createPrecondition(request)
    const todos = createTodos(app.store, caller.id, caller.sessionId)
    const result = await todos.editOnce(
      { key: getIdempotencyKey(request.headers), request: ['patch', params.id, body] },
      ({ patch }) => patch(params.id, body, precondition)
    )
    return setResultHeaders(result, reply)
  })
}

export default patch
