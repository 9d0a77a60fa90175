import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestAsyncHookHandler,
  onRequestHookHandler
} from 'fastify'
import fp from 'fastify-plugin'
import { bearerToken } from '../src/auth/bearer.ts'
import type { Claim, Identity } from '../src/auth/sessions.ts'
import { Problem } from '../src/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** An `onRequest` hook: lets in who sends a live access token, and says in `request.user` who that is. */
    authenticate: onRequestAsyncHookHandler
    /** The same for requests that only read, side by side with the check of the session: it leaves a `request.claim`. */
    authenticateReading: onRequestHookHandler
  }
  interface FastifyRequest {
    claim: Claim
    /** The id of the user whom a request without `authenticate` has turned out to be of. */
    signedIn?: string | undefined
  }
}

declare module '@fastify/jwt' {
  interface FastifyJWT {
    user: Identity
  }
}

async function authenticate(app: FastifyInstance) {
  app.decorate('authenticate', async (request, reply) => {
    request.user = await app.sessions.identify(tokenOf(request, reply))
  })
  app.decorateRequest('claim')
  app.decorateRequest('signedIn')
  app.decorate('authenticateReading', (request, reply, done) => {
    const claim = app.sessions.claim(tokenOf(request, reply))
    const goOn = (claim: Claim) => {
      request.claim = claim
      done()
    }
    if (claim instanceof Promise) claim.then(goOn, done)
    else goOn(claim)
  })
}

function tokenOf(request: FastifyRequest, reply: FastifyReply): string {
  reply.header('cache-control', 'private, no-cache')
  const token = bearerToken(request.headers.authorization)
  if (token === undefined) throw new Problem('authentication_required')
  return token
}

export default fp(authenticate, { name: 'authenticate', dependencies: ['sessions'] })
