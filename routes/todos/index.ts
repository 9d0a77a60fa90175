import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../src/config.ts'
import { invalid } from '../../src/errors.ts'
import { once } from '../../src/idempotency.ts'
import { entityTagOf } from '../../src/preconditions.ts'
import type { TodoPage } from '../../src/todos/list.ts'
import { blank, type Todo } from '../../src/todos/todo.ts'
import { todosOf } from '../../src/todos/todos.ts'
import { DEFAULT_LIMIT, keyIn } from '../schemas.ts'
import batch from './batch.ts'
import { preconditionsOf, shown } from './conditional.ts'
import exporting from './export.ts'
import importing from './import.ts'
import patch from './patch.ts'
import * as schemas from './schemas.ts'

const todos: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const expectation = preconditionsOf(config)
  app.addHook('onRequest', app.authenticate)

  app.get('', { schema: schemas.list, onSend: app.conditional }, async function list(request, reply) {
    const { limit = DEFAULT_LIMIT, ...query } = request.query
    const { id } = request.user
    // To write a page out takes longer than to find it, and most pages are read again before they change.
    const { text, etag, link } = await app.store.rememberedText(id, request.url, async () => {
      const page = await todosOf(app.store, id).list({ ...query, limit })
      const text = String(reply.serialize(page))
      const link = page.nextCursor && linkToNext(request.url, page.nextCursor)
      return { text, etag: entityTagOf(text), link }
    })
    if (link) reply.header('link', link)
    reply.header('etag', etag).type('application/json; charset=utf-8')
    return text as unknown as TodoPage
  })

  app.post('', { schema: schemas.create }, async function create(request, reply) {
    const { id: userId } = request.user
    const content = { ...blank, ...request.body }
    const { answer, isRepetition } = await once<Todo>(
      app.store,
      { userId, key: keyIn(request.headers), request: ['create', request.body] },
      keep => todosOf(app.store, userId).add(content, keep)
    )
    if (isRepetition) reply.header('idempotent-replayed', 'true')
    reply.code(201).headers({ location: `/api/todos/${answer.id}`, etag: answer.etag })
    return answer
  })

  app.get('/:id', { schema: schemas.read, onSend: app.conditional }, async function read(request, reply) {
    const todo = await todosOf(app.store, request.user.id).get(request.params.id)
    return shown(todo, reply)
  })

  app.put('/:id', { schema: schemas.replace }, async function replace(request, reply) {
    const { id = request.params.id, ...content } = request.body
    if (id !== request.params.id) throw invalid(otherId)
    const todo = await todosOf(app.store, request.user.id).replace(
      id,
      { ...blank, ...content },
      expectation(request)
    )
    return shown(todo, reply)
  })

  app.register(patch, { config })
  app.register(batch, { config })
  app.register(exporting)
  app.register(importing)

  app.delete('/:id', { schema: schemas.remove }, async function remove(request, reply) {
    const todos = todosOf(app.store, request.user.id)
    const { permanent } = request.query
    const todo = await todos[permanent ? 'purge' : 'remove'](request.params.id, expectation(request))
    return shown(todo, reply)
  })

  app.post('/:id/restore', { schema: schemas.restore }, async function restore(request, reply) {
    const todo = await todosOf(app.store, request.user.id).restore(request.params.id, expectation(request))
    return shown(todo, reply)
  })

  app.post('/:id/move', { schema: schemas.move }, async function move(request, reply) {
    const todos = todosOf(app.store, request.user.id)
    const todo = await todos.move(request.params.id, request.body, expectation(request))
    return shown(todo, reply)
  })
}

const otherId = { pointer: '/id', detail: 'is not the id in the path; leave it out, or give that one' }

/** The present page's address with another cursor (RFC 8288). */
function linkToNext(url: string, cursor: string): string {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  searchParams.set('cursor', cursor)
  return `<${pathname}?${searchParams}>; rel="next"`
}

export default todos
