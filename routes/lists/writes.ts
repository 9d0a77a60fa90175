import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../src/config/config.ts'
import { createLists } from '../../src/todos/lists/lists.ts'
import { createPreconditionFactory, setEtag } from '../preconditions.ts'
import { getIdempotencyKey } from '../schemas.ts'
import * as schemas from './schemas.ts'

const writes: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const createPrecondition = createPreconditionFactory(config)

  app.post('', { schema: schemas.create }, async function create(request, reply) {
    const lists = createLists(app.store, request.caller.id)
    const { answer, isReplay } = await lists.create(request.body, getIdempotencyKey(request.headers))
    if (isReplay) reply.header('idempotent-replayed', 'true')
    reply.code(201).header('location', `/api/lists/${answer.id}`)
    return setEtag(answer, reply)
  })

  app.delete('/:id', { schema: schemas.remove }, async function remove(request, reply) {
    const { permanent } = request.query
    const { remove, purge } = createLists(app.store, request.caller.id)
    const list = await (permanent ? purge : remove)(request.params.id, createPrecondition(request))
    return setEtag(list, reply)
  })

  app.post('/:id/restore', { schema: schemas.restore }, async function restore(request, reply) {
    const lists = createLists(app.store, request.caller.id)
    return setEtag(await lists.restore(request.params.id, createPrecondition(request)), reply)
  })

  app.post('/:id/move', { schema: schemas.move }, async function move(request, reply) {
    const lists = createLists(app.store, request.caller.id)
    return setEtag(await lists.move(request.params.id, request.body, createPrecondition(request)), reply)
  })
}

export default writes
