import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../src/config/config.ts'
import { createTodos } from '../../src/todos/todos.ts'
import { createPreconditionFactory, setEtag } from '../preconditions.ts'
import * as schemas from './schemas.ts'

/** In a plugin of its own, because only PATCH takes a media type beside plain JSON. */
const patch: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const createPrecondition = createPreconditionFactory(config)
  app.addContentTypeParser('application/merge-patch+json', { parseAs: 'buffer' }, app.parseJson)

  app.patch('/:id', { schema: schemas.patch }, async function patch(request, reply) {
    const precondition = createPrecondition(request)
    const todos = createTodos(app.store, request.user.id)
    const todo = await todos.edit(({ patch }) => patch(request.params.id, request.body, precondition))
    return setEtag(todo, reply)
  })
}

export default patch
