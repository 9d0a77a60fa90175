import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { describeUserAgent, toClientInfo } from '../../src/http/client-info.ts'
import { DEFAULT_LIMIT } from '../schemas.ts'
import * as schemas from './account-schemas.ts'

const sessions: FastifyPluginAsyncTypebox = async app => {
  app.addHook('onRequest', app.authenticate)

  app.get('/sessions', { schema: schemas.listSessions }, async function list(request) {
    const { id, sessionId } = request.user
    const items = (await app.sessions.list(id)).map(session => ({
      ...session,
      current: session.id === sessionId,
      device: describeUserAgent(session.userAgent),
      lastUsedAt: session.rotatedAt
    }))
    return { items }
  })

  app.delete('/sessions/:id', { schema: schemas.endSession }, async function end(request, reply) {
    await app.sessions.end(request.user, request.params.id, toClientInfo(request))
    return reply.code(204).send(null)
  })

  app.get('/events', { schema: schemas.listEvents }, async function listEvents(request) {
    const { limit = DEFAULT_LIMIT, cursor } = request.query
    const { items, nextCursor } = await app.auditLog.list(request.user.id, limit, cursor)
    return {
      items: items.map(event => ({ ...event, device: describeUserAgent(event.userAgent) })),
      nextCursor
    }
  })
}

export default sessions
