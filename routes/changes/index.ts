import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import * as schemas from './schemas.ts'
import streamRoute from './stream.ts'

const changes: FastifyPluginAsyncTypebox = async app => {
  app.register(streamRoute)

  app.get(
    '',
    { schema: schemas.list, onRequest: app.authenticateForRead },
    async function listChanges(request) {
      const { since, limit = schemas.DEFAULT_CHANGES } = request.query
      return request.pending.read(userId => app.readChanges(userId, { since, limit }))
    }
  )
}

export default changes
