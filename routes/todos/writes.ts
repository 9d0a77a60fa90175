import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../src/config.ts'
import { invalid } from '../../src/errors.ts'
import { once } from '../../src/idempotency.ts'
import { keepingOfCreate } from '../../src/todos/repetitions.ts'
import { blank } from '../../src/todos/todo.ts'
import { todosOf } from '../../src/todos/todos.ts'
import { keyIn } from '../schemas.ts'
import { preconditionsOf, shown } from './conditional.ts'
import * as schemas from './schemas.ts'

const writes: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const expectation = preconditionsOf(config)

  app.post('', { schema: schemas.create }, async function create(request, reply) {
    const { id: userId } = request.user
    const content = { ...blank, ...request.body }
    const { answer, isRepetition } = await once(
      app.store,
      { userId, key: keyIn(request.headers), request: ['create', request.body] },
      keepingOfCreate(app.store, userId),
      keep => todosOf(app.store, userId).add(content, keep)
    )
    if (isRepetition) reply.header('idempotent-replayed', 'true')
    reply.code(201).headers({ location: `/api/todos/${answer.id}`, etag: answer.etag })
    return answer
  })

  app.put('/:id', { schema: schemas.replace }, async function replace(request, reply) {
    const { id = request.params.id, etag, ...body } = request.body
    if (id !== request.params.id) throw invalid(otherId)
    const { position, createdAt, updatedAt, completedAt, deletedAt, ...content } = body
    const todo = await todosOf(app.store, request.user.id).replace(
      id,
      { ...blank, ...content },
      expectation(request, etag),
      { position, createdAt, updatedAt, completedAt, deletedAt }
    )
    return shown(todo, reply)
  })

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

export default writes
