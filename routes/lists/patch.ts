import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../src/config/config.ts'
import { createLists } from '../../src/todos/lists/lists.ts'
import { createPreconditionFactory, setEtag } from '../preconditions.ts'
import * as schemas from './schemas.ts'

/** In a plugin of its own, because only PATCH takes a media type beside plain JSON. */
const patch: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const createPrecondition = createPreconditionFactory(config)
  app.addContentTypeParser('application/merge-patch+json', { parseAs: 'buffer' }, app.parseJson)

  app.patch('/:id', { schema: schemas.patch }, async function patch(request, reply) {
    const precondition = createPrecondition(request)
    const lists = createLists(app.store, request.caller.id)
    return setEtag(await lists.patch(request.params.id, request.body, precondition), reply)
  })
}

export default patch
