import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestAsyncHookHandler,
  onRequestHookHandler
} from 'fastify'
import fp from 'fastify-plugin'
import type { Identity, PendingIdentity } from '../src/auth/sessions/sessions.ts'
import { parseBearerToken } from '../src/http/bearer.ts'
import { Problem } from '../src/problems/problem.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** An `onRequest` hook: lets in who sends a live access token, and says in `request.user` who that is. */
    authenticate: onRequestAsyncHookHandler
    /** The same for requests that only read, side by side with the check of the session: it leaves a `request.pending`. */
    authenticateForRead: onRequestHookHandler
  }
  interface FastifyRequest {
    pending: PendingIdentity
    /** The id of the user whom a request without `authenticate` has turned out to be of. */
    signedInUserId?: string | undefined
  }
}

declare module '@fastify/jwt' {
  interface FastifyJWT {
    user: Identity
  }
}

async function authenticate(app: FastifyInstance) {
  app.decorate('authenticate', async (request, reply) => {
    request.user = await app.sessions.authenticate(requireBearerToken(request, reply))
  })
  app.decorateRequest('pending')
  app.decorateRequest('signedInUserId')
  app.decorate('authenticateForRead', (request, reply, done) => {
    const pendingOrPromise = app.sessions.authenticateForRead(requireBearerToken(request, reply))
    const proceed = (pending: PendingIdentity) => {
      request.pending = pending
      done()
    }
    if (pendingOrPromise instanceof Promise) pendingOrPromise.then(proceed, done)
    else proceed(pendingOrPromise)
  })
}

function requireBearerToken(request: FastifyRequest, reply: FastifyReply): string {
  reply.header('cache-control', 'private, no-cache')
  const token = parseBearerToken(request.headers.authorization)
  if (token === undefined) throw new Problem('authentication_required')
  return token
}

export default fp(authenticate, { name: 'authenticate', dependencies: ['sessions'] })
