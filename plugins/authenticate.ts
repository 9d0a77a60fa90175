import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { bearerToken } from '../src/auth/bearer.ts'
import type { Identity } from '../src/auth/sessions.ts'
import { Problem } from '../src/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** An `onRequest` hook: lets in who sends a live access token, and says in `request.user` who that is. */
    authenticate: onRequestAsyncHookHandler
  }
}

declare module '@fastify/jwt' {
  interface FastifyJWT {
    user: Identity
  }
}

async function authenticate(app: FastifyInstance) {
  app.decorate('authenticate', async (request, reply) => {
    reply.header('cache-control', 'private, no-cache')
    const token = bearerToken(request.headers.authorization)
    if (token === undefined) throw new Problem('authentication_required')
    request.user = await app.sessions.identify(token)
  })
}

export default fp(authenticate, { name: 'authenticate', dependencies: ['sessions'] })
