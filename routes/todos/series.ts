import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../src/config/config.ts'
import { createTodos } from '../../src/todos/todos.ts'
import { createPreconditionFactory, setEtag, setResultHeaders } from '../preconditions.ts'
import { DEFAULT_LIMIT, getIdempotencyKey } from '../schemas.ts'
import * as schemas from './series-schemas.ts'

/** What recurring todos have beside others. */
const series: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const createPrecondition = createPreconditionFactory(config)

  app.get(
    '/:id/completions',
    { schema: schemas.listCompletions, onRequest: app.authenticateForRead },
    async function listCompletions(request) {
      const { limit = DEFAULT_LIMIT, ...page } = request.query
      return request.pending.read(userId =>
        createTodos(app.store, userId).listCompletions(request.params.id, { ...page, limit })
      )
    }
  )

  app.delete(
    '/:id/completions/:completionId',
    { schema: schemas.takeBackCompletion, onRequest: app.authorize },
    async function takeBackCompletion(request, reply) {
      const { id, completionId } = request.params
      const precondition = createPrecondition(request)
      const todos = createTodos(app.store, request.caller.id)
      const todo = await todos.edit(({ takeBackCompletion }) =>
        takeBackCompletion(id, completionId, precondition)
      )
      return setEtag(todo, reply)
    }
  )

  app.post(
    '/:id/skip',
    { schema: schemas.skip, onRequest: app.authorize },
    async function skip(request, reply) {
      const { id } = request.params
      const precondition = createPrecondition(request)
      const todos = createTodos(app.store, request.caller.id)
      const result = await todos.editOnce(
        { key: getIdempotencyKey(request.headers), request: ['skip', id] },
        ({ skip }) => skip(id, precondition)
      )
      return setResultHeaders(result, reply)
    }
  )
}

export default series
