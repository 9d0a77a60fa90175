import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { entityTagOf } from '../../src/preconditions.ts'
import type { TodoPage } from '../../src/todos/list.ts'
import type { Todo } from '../../src/todos/todo.ts'
import { todosOf } from '../../src/todos/todos.ts'
import { DEFAULT_LIMIT } from '../schemas.ts'
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
    return written<TodoPage>(text, etag, reply)
  })

  app.get('/:id', { schema: schemas.read, onSend: app.conditional }, async function read(request, reply) {
    const { id } = request.params
    const { userId, confirmed } = request.claim
    const todo = app.store.rememberedText(userId, id, async () => {
      const todo = await todosOf(app.store, userId).get(id)
      return { text: String(reply.serialize(todo)), etag: todo.etag }
    })
    const { text, etag } = await confirmed(todo)
    return written<Todo>(text, etag, reply)
  })
}

/** An answer that is serialized already. */
function written<Answer>(text: string, etag: string, reply: FastifyReply): Answer {
  reply.header('etag', etag).type('application/json; charset=utf-8')
  return text as Answer
}

/** The present page's address with another cursor (RFC 8288). */
function linkToNext(url: string, cursor: string): string {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  searchParams.set('cursor', cursor)
  return `<${pathname}?${searchParams}>; rel="next"`
}

export default reads
