import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { todosOf } from '../../src/todos/todos.ts'
import * as schemas from './schemas.ts'

/** Apart from its siblings, since it alone takes a media type besides plain JSON. */
const patch: FastifyPluginAsyncTypebox = async app => {
  app.addContentTypeParser('application/merge-patch+json', { parseAs: 'buffer' }, app.parseJson)

  app.patch('/:id', { schema: schemas.patch }, async function patch(request) {
    return todosOf(app.store, request.user.id).update(request.params.id, request.body)
  })
}

export default patch
