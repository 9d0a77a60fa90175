import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../src/config/config.ts'
import { withIdempotency } from '../../src/idempotency/idempotency.ts'
import { validationFailed } from '../../src/problems/problem.ts'
import { createTodoReplayHandler } from '../../src/todos/replays.ts'
import { defaults } from '../../src/todos/todo.ts'
import { createTodos } from '../../src/todos/todos.ts'
import { getIdempotencyKey } from '../schemas.ts'
import { createPreconditionFactory, setEtag } from './preconditions.ts'
import * as schemas from './schemas.ts'

const writes: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const createPrecondition = createPreconditionFactory(config)

  app.post('', { schema: schemas.create }, async function create(request, reply) {
    const { id: userId } = request.user
    const content = { ...defaults, ...request.body }
    const { answer, isReplay } = await withIdempotency(
      app.store,
      { userId, key: getIdempotencyKey(request.headers), request: ['create', request.body] },
      createTodoReplayHandler(app.store, userId),
      storeAnswer => createTodos(app.store, userId).add(content, storeAnswer)
    )
    if (isReplay) reply.header('idempotent-replayed', 'true')
    reply.code(201).headers({ location: `/api/todos/${answer.id}`, etag: answer.etag })
    return answer
  })

  app.put('/:id', { schema: schemas.replace }, async function replace(request, reply) {
    const { id = request.params.id, etag, ...body } = request.body
    if (id !== request.params.id) throw validationFailed(idMismatch)
    const { position, createdAt, updatedAt, completedAt, deletedAt, ...content } = body
    const todo = await createTodos(app.store, request.user.id).replace(
      id,
      { ...defaults, ...content },
      createPrecondition(request, etag),
      { position, createdAt, updatedAt, completedAt, deletedAt }
    )
    return setEtag(todo, reply)
  })

  app.delete('/:id', { schema: schemas.remove }, async function remove(request, reply) {
    const todos = createTodos(app.store, request.user.id)
    const { permanent } = request.query
    const todo = await todos[permanent ? 'purge' : 'remove'](request.params.id, createPrecondition(request))
    return setEtag(todo, reply)
  })

  app.post('/:id/restore', { schema: schemas.restore }, async function restore(request, reply) {
    const todo = await createTodos(app.store, request.user.id).restore(
      request.params.id,
      createPrecondition(request)
    )
    return setEtag(todo, reply)
  })

  app.post('/:id/move', { schema: schemas.move }, async function move(request, reply) {
    const todos = createTodos(app.store, request.user.id)
    const todo = await todos.move(request.params.id, request.body, createPrecondition(request))
    return setEtag(todo, reply)
  })
}

const idMismatch = { pointer: '/id', detail: 'is not the id in the path; leave it out, or give that one' }

export default writes
