import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../src/config/config.ts'
import { validationFailed } from '../../src/problems/problem.ts'
import { defaults } from '../../src/todos/content/content.ts'
import { assertValidTarget } from '../../src/todos/order/move-target.ts'
import { createTodos } from '../../src/todos/todos.ts'
import { createPreconditionFactory, setEtag, setResultHeaders } from '../preconditions.ts'
import { getIdempotencyKey } from '../schemas.ts'
import * as schemas from './schemas.ts'

const writes: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const createPrecondition = createPreconditionFactory(config)

  app.post('', { schema: schemas.create }, async function create(request, reply) {
    const todos = createTodos(app.store, request.caller.id)
    const { answer, isReplay } = await todos.create(request.body, getIdempotencyKey(request.headers))
    if (isReplay) reply.header('idempotent-replayed', 'true')
    reply.code(201).headers({ location: `/api/todos/${answer.id}`, etag: answer.etag })
    return answer
  })

  app.put('/:id', { schema: schemas.replace }, async function replace(request, reply) {
    const { id = request.params.id, etag, completed: _, ...body } = request.body
    if (id !== request.params.id) throw validationFailed(idMismatch)
    const { position, childCount, openChildCount, createdAt, updatedAt, completedAt, deletedAt, ...fields } =
      body
    const content = { ...defaults, ...fields }
    const serverFields = {
      position,
      childCount,
      openChildCount,
      createdAt,
      updatedAt,
      completedAt,
      deletedAt
    }
    const precondition = createPrecondition(request, etag)
    const todos = createTodos(app.store, request.caller.id, request.caller.sessionId)
    const result = await todos.editOnce(
      { key: getIdempotencyKey(request.headers), request: ['replace', id, content] },
      ({ replace }) => replace(id, content, precondition, serverFields)
    )
    return setResultHeaders(result, reply)
  })

  app.delete('/:id', { schema: schemas.remove }, async function remove(request, reply) {
    const { id } = request.params
    const { permanent } = request.query
    const precondition = createPrecondition(request)
    const todos = createTodos(app.store, request.caller.id)
    const todo = await todos.edit(({ purge, remove }) => (permanent ? purge : remove)(id, precondition))
    return setEtag(todo, reply)
  })

  app.post('/:id/restore', { schema: schemas.restore }, async function restore(request, reply) {
    const precondition = createPrecondition(request)
    const todos = createTodos(app.store, request.caller.id)
    const todo = await todos.edit(({ restore }) => restore(request.params.id, precondition))
    return setEtag(todo, reply)
  })

  app.post('/:id/move', { schema: schemas.move }, async function move(request, reply) {
    const precondition = createPrecondition(request)
    const todos = createTodos(app.store, request.caller.id)
    assertValidTarget(request.body)
    const todo = await todos.edit(({ move }) => move(request.params.id, request.body, precondition))
    return setEtag(todo, reply)
  })
}

const idMismatch = { pointer: '/id', detail: 'is not the id in the path; leave it out, or give that one' }

export default writes
