import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { changeSources } from '../../src/features.ts'
import { createChangeReader } from '../../src/sync/changes.ts'
import * as schemas from './schemas.ts'
import streamRoute from './stream.ts'

const changes: FastifyPluginAsyncTypebox = async app => {
  app.register(streamRoute)
  const readChanges = createChangeReader(app.store, changeSources)

  app.get(
    '',
    { schema: schemas.list, onRequest: app.authenticateForRead },
    async function listChanges(request) {
      const { since, limit = schemas.DEFAULT_CHANGES } = request.query
      return request.pending.read(userId => readChanges(userId, { since, limit }))
    }
  )
}

export default changes
