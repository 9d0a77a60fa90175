import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { matchesWeakly, toEntityTag } from '../../src/http/preconditions.ts'
import { createTextCache, type Text } from '../../src/sync/text-cache.ts'
import type { TodoPage } from '../../src/todos/query/list.ts'
import type { Todo } from '../../src/todos/todo.ts'
import { createTodos } from '../../src/todos/todos.ts'
import { DEFAULT_LIMIT } from '../schemas.ts'
import { TodoDocument, TodoPageDocument } from './documents.ts'
import * as schemas from './schemas.ts'

const reads: FastifyPluginAsyncTypebox = async app => {
  app.addHook('onRequest', app.authenticateForRead)
  const cachedText = createTextCache(app.store)

  app.get('', { schema: schemas.list, onSend: app.conditionalGet }, async function list(request, reply) {
    const { limit = DEFAULT_LIMIT, ...query } = request.query
    const readPage = async (userId: string) => {
      const page = await createTodos(app.store, userId).list({ ...query, limit })
      const link = page.nextCursor && toNextLink(request.url, page.nextCursor)
      return { text: String(reply.serialize(page)), link }
    }
    // To serialize a page takes longer than to find it, and most pages are read again before they change.
    const readCachedPage = (userId: string) =>
      cachedText(userId, request.url, async changeNumber => {
        const etag = toEntityTag(JSON.stringify([userId, request.url, changeNumber, FORMAT]))
        // The client has the page, which is not even read.
        return hasState(request, etag) ? { text: '', etag } : { ...(await readPage(userId)), etag }
      })
    // Time makes todos overdue, without a change that would outdate a cached page. What the page shows names its state.
    const readOverduePage = async (userId: string) => {
      const page = await readPage(userId)
      return { ...page, etag: toEntityTag(page.text) }
    }
    const { text, etag, link } = await request.pending.read<Text>(
      query.overdue ? readOverduePage : readCachedPage
    )
    if (link) reply.header('link', link)
    return sendSerialized<TodoPage>(text, etag, reply)
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

/** The form of a page, which may change with a new version: then what clients have is of no use. */
const FORMAT = toEntityTag(JSON.stringify([TodoPageDocument, TodoDocument]))

/** Of a request that names the state. `*` matches any, but what cannot be read has none. */
const hasState = ({ headers: { 'if-none-match': tags = '*' } }: Conditional, etag: string): boolean =>
  tags.trim() !== '*' && matchesWeakly(etag, tags)

type Conditional = { readonly headers: IncomingHttpHeaders }

/** Sends an answer that is serialized already. */
function sendSerialized<Answer>(text: string, etag: string, reply: FastifyReply): Answer {
  reply.header('etag', etag).type('application/json; charset=utf-8')
  return text as Answer
}

/** The Link header of the next page (RFC 8288). */
function toNextLink(url: string, cursor: string): string {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  searchParams.set('cursor', cursor)
  return `<${pathname}?${searchParams}>; rel="next"`
}

export default reads
