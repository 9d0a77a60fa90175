import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import createRouter, { type HTTPMethod } from 'find-my-way'
import { toRequestPath } from '../../src/http/request-path.ts'
import { Problem } from '../../src/problems/problem.ts'

/** An address that no route has. */
const UNROUTABLE_PATH = '/.nowhere'

/** What the router found wrong with the address of a request. */
const routerErrors = new WeakMap<IncomingMessage, unknown>()

/**
 * What Fastify calls for an address that its router cannot read. It would be answered apart from all hooks: without headers,
 * limits and a line in the log. So it is sent on as one for which there is nothing, and meets with its error there.
 */
export function handleFrameworkError(error: unknown, { raw, server }: FastifyRequest, reply: FastifyReply) {
  routerErrors.set(raw, error)
  Object.assign(raw, { originalUrl: raw.url, url: UNROUTABLE_PATH })
  server.routing(raw, reply.raw)
}

/**
 * Tells an unknown path (404) from a known one with a wrong method (405), which Fastify's router does not; before the body is
 * looked at, for there is nothing that it could be for.
 */
async function notFound(app: FastifyInstance) {
  // Without the route that answers preflights, which was made before and matches every path.
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

  // For a route that has found nothing.
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
