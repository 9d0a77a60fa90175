import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestAsyncHookHandler,
  onRequestHookHandler
} from 'fastify'
import fp from 'fastify-plugin'
import type { ClaimedIdentity, PendingIdentity } from '../src/auth/sessions/authenticate.ts'
import type { Identity } from '../src/auth/user.ts'
import { parseBearerToken } from '../src/http/bearer.ts'
import { Problem } from '../src/problems/problem.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** An `onRequest` hook: refuses a request without a live access token, and sets `request.user` to its sender. */
    authenticate: onRequestAsyncHookHandler
    /**
     * An `onRequest` hook for requests that only read. It sets `request.pending`, whose `read` checks the session while the
     * handler reads.
     */
    authenticateForRead: onRequestHookHandler
  }
  interface FastifyRequest {
    pending: PendingIdentity
    /** The user whom the log names for a request that has no `request.user`. It proves nothing. */
    loggedUserId?: string | undefined
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
  app.decorateRequest('loggedUserId')
  // A callback instead of a promise: most requests need not wait here, and a promise would cost each a turn.
  app.decorate('authenticateForRead', (request, reply, done) => {
    const identity = app.sessions.authenticateForRead(requireBearerToken(request, reply))
    const proceed = (claimed: ClaimedIdentity) => {
      request.pending = claimed
      request.loggedUserId = claimed.claimedUserId
      done()
    }
    if (identity instanceof Promise) identity.then(proceed, done)
    else proceed(identity)
  })
}

function requireBearerToken(request: FastifyRequest, reply: FastifyReply): string {
  reply.header('cache-control', 'private, no-cache')
  const token = parseBearerToken(request.headers.authorization)
  if (token === undefined) throw new Problem('authentication_required')
  return token
}

export default fp(authenticate, { name: 'authenticate', dependencies: ['sessions'] })
