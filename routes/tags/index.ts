import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Page } from '../../src/http/cursor.ts'
import { toEntityTag } from '../../src/http/preconditions.ts'
import { createTextCache } from '../../src/sync/text-cache.ts'
import { changeTag } from '../../src/todos/tags/change-tag.ts'
import { listTags, type TagCount } from '../../src/todos/tags/tag-list.ts'
import { createCachedPageReader, sendSerialized, toNextLink } from '../cached-reads.ts'
import { DEFAULT_LIMIT } from '../schemas.ts'
import * as schemas from './schemas.ts'

const tags: FastifyPluginAsyncTypebox = async app => {
  const cachedPage = createCachedPageReader(createTextCache(app.store), FORMAT)

  app.get(
    '',
    { schema: schemas.list, onRequest: app.authenticateForRead, onSend: app.conditionalGet },
    async function list(request, reply) {
      const { limit = DEFAULT_LIMIT, ...query } = request.query
      const text = await request.pending.read(
        cachedPage(request, async userId => {
          const page = await listTags(app.store, userId, { ...query, limit })
          return { text: String(reply.serialize(page)), link: toNextLink(request.url, page.nextCursor) }
        })
      )
      return sendSerialized<Page<TagCount>>(text, reply)
    }
  )

  app.delete('/:tag', { schema: schemas.remove, onRequest: app.authorize }, async function remove(request) {
    return { count: await changeTag(app.store, request.caller.id, request.params.tag, null) }
  })

  app.patch('/:tag', { schema: schemas.rename, onRequest: app.authorize }, async function rename(request) {
    const { params, body, caller } = request
    return { count: await changeTag(app.store, caller.id, params.tag, body.tag) }
  })
}

const FORMAT = toEntityTag(JSON.stringify([schemas.TagPageDocument, schemas.TagDocument]))

export default tags
