import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { entityTagOf } from '../../src/preconditions.ts'
import type { TodoPage } from '../../src/todos/list.ts'
import { todosOf } from '../../src/todos/todos.ts'
import { DEFAULT_LIMIT } from '../schemas.ts'
import { shown } from './conditional.ts'
import * as schemas from './schemas.ts'

const reads: FastifyPluginAsyncTypebox = async app => {
  app.addHook('onRequest', app.authenticateReading)

  app.get('', { schema: schemas.list, onSend: app.conditional }, async function list(request, reply) {
    const { limit = DEFAULT_LIMIT, ...query } = request.query
    const { userId, confirmed } = request.claim
    // To write a page out takes longer than to find it, and most pages are read again before they change.
    const page = app.store.rememberedText(userId, request.url, async () => {
      const page = await todosOf(app.store, userId).list({ ...query, limit })
      const text = String(reply.serialize(page))
      const link = page.nextCursor && linkToNext(request.url, page.nextCursor)
      return { text, etag: entityTagOf(text), link }
    })
    const { text, etag, link } = await confirmed(page)
    if (link) reply.header('link', link)
    reply.header('etag', etag).type('application/json; charset=utf-8')
    return text as unknown as TodoPage
  })

  app.get('/:id', { schema: schemas.read, onSend: app.conditional }, async function read(request, reply) {
    const { userId, confirmed } = request.claim
    const todo = await confirmed(todosOf(app.store, userId).get(request.params.id))
    return shown(todo, reply)
  })
}

/** The present page's address with another cursor (RFC 8288). */
function linkToNext(url: string, cursor: string): string {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  searchParams.set('cursor', cursor)
  return `<${pathname}?${searchParams}>; rel="next"`
}

export default reads
