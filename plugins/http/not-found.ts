import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import createRouter, { type HTTPMethod } from 'find-my-way'
import { toRequestPath } from '../../src/http/request-path.ts'
import { Problem } from '../../src/problems/problem.ts'

/** A path that no route has. */
const UNROUTABLE_PATH = '/.nowhere'

/** The router's errors for URLs that it could not parse. */
const routerErrors = new WeakMap<IncomingMessage, unknown>()

/**
 * Fastify calls this function for a URL that its router cannot parse. An answer from here would bypass all hooks: no
 * headers, no rate limit, no log line. So the request is routed again to a path without a route, and gets its error there.
 */
export function handleFrameworkError(error: unknown, { raw, server }: FastifyRequest, reply: FastifyReply) {
  routerErrors.set(raw, error)
  Object.assign(raw, { originalUrl: raw.url, url: UNROUTABLE_PATH })
  server.routing(raw, reply.raw)
}

/**
 * Answers 404 for an unknown path and 405 for a known path with another method. Fastify's router does not tell them apart.
 * The answer is sent before the body is read.
 */
async function notFound(app: FastifyInstance) {
  // The route for preflights was registered before. It matches every path, so it must not be in this router.
  const router = createRouter()
  const knownMethods = new Set<HTTPMethod>()

  app.addHook('onRoute', ({ method, url }) => {
    for (const knownMethod of [method].flat() as HTTPMethod[]) {
      knownMethods.add(knownMethod)
      if (!router.hasRoute(knownMethod, url)) router.on(knownMethod, url, () => {})
    }
  })

  app.addHook('onRequest', (request, _reply, done) => {
    if (request.is404) throw createError(request)
    done()
  })

  // Routes call this by `reply.callNotFound()`.
  app.setNotFoundHandler(request => {
    throw createError(request)
  })

  function createError({ raw, method, url }: FastifyRequest): unknown {
    if (routerErrors.has(raw)) return routerErrors.get(raw)
    const path = toRequestPath(url)
    const allowed = [...knownMethods].filter(knownMethod => router.find(knownMethod, path))
    if (allowed.length === 0 || allowed.some(knownMethod => knownMethod === method))
      return new Problem('not_found')
    return new Problem('method_not_allowed', { headers: { allow: allowed.join(', ') } })
  }
}

export default fp(notFound, { name: 'not-found', dependencies: ['problems'] })
