import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { createTextCache } from '../../src/sync/text-cache.ts'
import type { Todo } from '../../src/todos/todo.ts'
import { createTodos } from '../../src/todos/todos.ts'
import { createPageSender, sendSerialized } from '../cached-pages.ts'
import { DEFAULT_LIMIT } from '../schemas.ts'
import { TodoDocument, TodoPageDocument } from './documents.ts'
import * as schemas from './schemas.ts'

const reads: FastifyPluginAsyncTypebox = async app => {
  app.addHook('onRequest', app.authenticateForRead)
  const sendPage = createPageSender(app, [TodoPageDocument, TodoDocument])
  const cachedText = createTextCache(app.store)

  app.get('', { schema: schemas.list, onSend: app.conditionalGet }, async function list(request, reply) {
    const { limit = DEFAULT_LIMIT, ...query } = request.query
    const readPage = (userId: string) => createTodos(app.store, userId).list({ ...query, limit })
    // Time makes todos overdue, without a change that would outdate a cached page.
    return sendPage(request, reply, readPage, !query.overdue)
  })

  app.get('/:id', { schema: schemas.read, onSend: app.conditionalGet }, async function read(request, reply) {
    const { id } = request.params
    const { text, etag } = await request.pending.read(userId =>
      cachedText(userId, id, async () => {
        const todo = await createTodos(app.store, userId).get(id)
        return { text: String(reply.serialize(todo)), etag: todo.etag }
      })
    )
    return sendSerialized<Todo>(text, etag, reply)
  })
}

export default reads
