import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Page } from '../../src/http/cursor.ts'
import { toEntityTag } from '../../src/http/preconditions.ts'
import { createTextCache } from '../../src/sync/text-cache.ts'
import type { List } from '../../src/todos/lists/list.ts'
import { createLists } from '../../src/todos/lists/lists.ts'
import { createCachedPageReader, sendSerialized, toNextLink } from '../cached-reads.ts'
import { DEFAULT_LIMIT } from '../schemas.ts'
import { ListDocument, ListPageDocument } from './documents.ts'
import * as schemas from './schemas.ts'

const reads: FastifyPluginAsyncTypebox = async app => {
  app.addHook('onRequest', app.authenticateForRead)
  const cachedText = createTextCache(app.store)
  const cachedPage = createCachedPageReader(cachedText, FORMAT)

  app.get('', { schema: schemas.list, onSend: app.conditionalGet }, async function list(request, reply) {
    const { limit = DEFAULT_LIMIT, ...query } = request.query
    const text = await request.pending.read(
      cachedPage(request, async userId => {
        const page = await createLists(app.store, userId).list({ ...query, limit })
        return { text: String(reply.serialize(page)), link: toNextLink(request.url, page.nextCursor) }
      })
    )
    return sendSerialized<Page<List>>(text, reply)
  })

  app.get('/:id', { schema: schemas.read, onSend: app.conditionalGet }, async function read(request, reply) {
    const { id } = request.params
    const text = await request.pending.read(userId =>
      cachedText(userId, `list ${id}`, async () => {
        const list = await createLists(app.store, userId).get(id)
        return { text: String(reply.serialize(list)), etag: list.etag }
      })
    )
    return sendSerialized<List>(text, reply)
  })
}

const FORMAT = toEntityTag(JSON.stringify([ListPageDocument, ListDocument]))

export default reads
