import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../src/config/config.ts'
import { createTodos } from '../../src/todos/todos.ts'
import { createPreconditionFactory, setEtag } from './preconditions.ts'
import * as schemas from './schemas.ts'

/** Apart from its siblings, since it alone takes a media type besides plain JSON. */
const patch: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const createPrecondition = createPreconditionFactory(config)
  app.addContentTypeParser('application/merge-patch+json', { parseAs: 'buffer' }, app.parseJson)

  app.patch('/:id', { schema: schemas.patch }, async function patch(request, reply) {
    const todos = createTodos(app.store, request.user.id)
    const todo = await todos.patch(request.params.id, request.body, createPrecondition(request))
    return setEtag(todo, reply)
  })
}

export default patch
