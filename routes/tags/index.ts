import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { changeTag } from '../../src/todos/tags/change-tag.ts'
import { listTags } from '../../src/todos/tags/tag-list.ts'
import { createPageSender } from '../cached-pages.ts'
import { DEFAULT_LIMIT } from '../schemas.ts'
import * as schemas from './schemas.ts'

const tags: FastifyPluginAsyncTypebox = async app => {
  const sendPage = createPageSender(app, [schemas.TagPageDocument, schemas.TagDocument])

  app.get(
    '',
    { schema: schemas.list, onRequest: app.authenticateForRead, onSend: app.conditionalGet },
    async function list(request, reply) {
      const { limit = DEFAULT_LIMIT, ...query } = request.query
      return sendPage(request, reply, userId => listTags(app.store, userId, { ...query, limit }))
    }
  )

  app.delete(
    '/:tag',
    { schema: schemas.remove, onRequest: app.authenticate },
    async function remove(request) {
      return { count: await changeTag(app.store, request.user.id, request.params.tag, null) }
    }
  )

  app.register(rename)
}

/** In a plugin of its own, because only PATCH takes a media type beside plain JSON. */
const rename: FastifyPluginAsyncTypebox = async app => {
  app.addContentTypeParser('application/merge-patch+json', { parseAs: 'buffer' }, app.parseJson)

  app.patch('/:tag', { schema: schemas.rename, onRequest: app.authenticate }, async function rename(request) {
    const { params, body, user } = request
    return { count: await changeTag(app.store, user.id, params.tag, body.tag) }
  })
}

export default tags
