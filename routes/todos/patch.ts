import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../src/config.ts'
import { todosOf } from '../../src/todos/todos.ts'
import { preconditionsOf, shown } from './conditional.ts'
import * as schemas from './schemas.ts'

/** Apart from its siblings, since it alone takes a media type besides plain JSON. */
const patch: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const expectation = preconditionsOf(config)
  app.addContentTypeParser('application/merge-patch+json', { parseAs: 'buffer' }, app.parseJson)

  app.patch('/:id', { schema: schemas.patch }, async function patch(request, reply) {
    const todos = todosOf(app.store, request.user.id)
    const todo = await todos.patch(request.params.id, request.body, expectation(request))
    return shown(todo, reply)
  })
}

export default patch
