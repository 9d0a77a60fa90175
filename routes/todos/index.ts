import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Problem } from '../../src/errors.ts'
import { todosOf } from '../../src/todos/todos.ts'
import { DEFAULT_LIMIT } from '../schemas.ts'
import patch from './patch.ts'
import * as schemas from './schemas.ts'

/** What a todo is where its maker says nothing; the schemas tell so as `default`. */
const blank = { description: null, done: false }

const todos: FastifyPluginAsyncTypebox = async app => {
  app.addHook('onRequest', app.authenticate)

  app.get('', { schema: schemas.list }, async function list(request) {
    const { limit = DEFAULT_LIMIT, cursor } = request.query
    return todosOf(app.store, request.user.id).list(limit, cursor)
  })

  app.post('', { schema: schemas.create }, async function create(request, reply) {
    const todo = await todosOf(app.store, request.user.id).add({ ...blank, ...request.body })
    reply.code(201).header('location', `/api/todos/${todo.id}`)
    return todo
  })

  app.get('/:id', { schema: schemas.read }, async function read(request) {
    return todosOf(app.store, request.user.id).get(request.params.id)
  })

  app.put('/:id', { schema: schemas.replace }, async function replace(request) {
    const { id = request.params.id, ...content } = request.body
    if (id !== request.params.id) throw new Problem('validation_failed', { errors: [otherId] })
    return todosOf(app.store, request.user.id).update(id, { ...blank, ...content })
  })

  app.register(patch)

  app.delete('/:id', { schema: schemas.remove }, async function remove(request) {
    return todosOf(app.store, request.user.id).remove(request.params.id)
  })
}

const otherId = { pointer: '/id', detail: 'is not the id in the path; leave it out, or give that one' }

export default todos
