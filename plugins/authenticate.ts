import type {
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  onRequestAsyncHookHandler,
  onRequestHookHandler
} from 'fastify'
import fp from 'fastify-plugin'
import type { RequiredScopes } from '../src/auth/personal-access-tokens/authenticate.ts'
import { isPersonalAccessToken } from '../src/auth/personal-access-tokens/token-text.ts'
import type { ClaimedIdentity, PendingIdentity } from '../src/auth/sessions/authenticate.ts'
import type { Caller, Identity } from '../src/auth/user.ts'
import { parseBearerToken } from '../src/http/bearer.ts'
import { Problem } from '../src/problems/problem.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * An `onRequest` hook for what is about the account: refuses a request without the live access token of a session, and
     * sets `request.user` to its sender. No personal access token passes.
     */
    authenticate: onRequestAsyncHookHandler
    /**
     * An `onRequest` hook for what personal access tokens may do as well: refuses a request without a live token, or with a
     * personal access token that has not the scope that the route's schema names in `security`. Sets `request.caller`.
     */
    authorize: onRequestAsyncHookHandler
    /**
     * The same for requests that only read. It sets `request.pending`, whose `read` checks the token while the handler reads.
     */
    authenticateForRead: onRequestHookHandler
  }
  interface FastifyRequest {
    caller: Caller
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
  const { sessions, personalAccessTokens } = app
  app.decorateRequest('caller')
  app.decorateRequest('pending')
  app.decorateRequest('loggedUserId')

  app.decorate('authenticate', async (request, reply) => {
    const token = requireBearerToken(request, reply)
    // Refused, with the reason.
    if (isPersonalAccessToken(token)) await personalAccessTokens.authenticate(token, undefined)
    request.user = await sessions.authenticate(token)
  })

  app.decorate('authorize', async (request, reply) => {
    const token = requireBearerToken(request, reply)
    request.caller = await (isPersonalAccessToken(token)
      ? personalAccessTokens.authenticate(token, getRequiredScopes(request))
      : sessions.authenticate(token))
    request.loggedUserId = request.caller.id
  })

  // A callback instead of a promise: most requests need not wait here, and a promise would cost each a turn.
  app.decorate('authenticateForRead', (request, reply, done) => {
    const token = requireBearerToken(request, reply)
    const identity = isPersonalAccessToken(token)
      ? personalAccessTokens.authenticateForRead(token, getRequiredScopes(request))
      : sessions.authenticateForRead(token)
    const proceed = (claimed: ClaimedIdentity) => {
      request.pending = claimed
      request.loggedUserId = claimed.claimedUserId
      done()
    }
    if (identity instanceof Promise) identity.then(proceed, done)
    else proceed(identity)
  })
}

/** The scopes that the documentation of the route demands; undefined where no personal access token will do. */
const getRequiredScopes = ({ routeOptions }: FastifyRequest): RequiredScopes =>
  routeOptions.schema?.security?.find(({ personalAccessToken }) => personalAccessToken)?.personalAccessToken

function requireBearerToken(request: FastifyRequest, reply: FastifyReply): string {
  reply.header('cache-control', 'private, no-cache')
  const token = parseBearerToken(request.headers.authorization)
  if (token === undefined) throw new Problem('authentication_required')
  return token
}

export default fp(authenticate, {
  name: 'authenticate',
  dependencies: ['sessions', 'personal-access-tokens']
})
