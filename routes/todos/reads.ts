import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { toEntityTag } from '../../src/http/preconditions.ts'
import { createTextCache, type Text } from '../../src/sync/text-cache.ts'
import type { TodoPage } from '../../src/todos/query/list.ts'
import type { Todo } from '../../src/todos/todo.ts'
import { createTodos } from '../../src/todos/todos.ts'
import { createCachedPageReader, sendSerialized, toNextLink } from '../cached-reads.ts'
import { DEFAULT_LIMIT } from '../schemas.ts'
import { TodoDocument, TodoPageDocument } from './documents.ts'
import * as schemas from './schemas.ts'

const reads: FastifyPluginAsyncTypebox = async app => {
  app.addHook('onRequest', app.authenticateForRead)
  const cachedText = createTextCache(app.store)
  const cachedPage = createCachedPageReader(cachedText, FORMAT)

  app.get('', { schema: schemas.list, onSend: app.conditionalGet }, async function list(request, reply) {
    const { limit = DEFAULT_LIMIT, ...query } = request.query
    const readPage = async (userId: string) => {
      const page = await createTodos(app.store, userId).list({ ...query, limit })
      return { text: String(reply.serialize(page)), link: toNextLink(request.url, page.nextCursor) }
    }
    // Time makes todos overdue, without a change that would outdate a cached page. What the page shows names its state.
    const readOverduePage = async (userId: string) => {
      const page = await readPage(userId)
      return { ...page, etag: toEntityTag(page.text) }
    }
    const text = await request.pending.read<Text>(
      query.overdue ? readOverduePage : cachedPage(request, readPage)
    )
    return sendSerialized<TodoPage>(text, reply)
  })

  app.get('/:id', { schema: schemas.read, onSend: app.conditionalGet }, async function read(request, reply) {
    const { id } = request.params
    const text = await request.pending.read(userId =>
      cachedText(userId, id, async () => {
        const todo = await createTodos(app.store, userId).get(id)
        return { text: String(reply.serialize(todo)), etag: todo.etag }
      })
    )
    return sendSerialized<Todo>(text, reply)
  })
}

const FORMAT = toEntityTag(JSON.stringify([TodoPageDocument, TodoDocument]))

export default reads
