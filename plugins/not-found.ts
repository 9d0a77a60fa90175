import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import createRouter, { type HTTPMethod } from 'find-my-way'
import { Problem } from '../src/errors.ts'
import { pathOf } from '../src/request-path.ts'

/** An address that no route has. */
const NOWHERE = '/.nowhere'

/** What the router found wrong with the address of a request. */
const unreadable = new WeakMap<IncomingMessage, unknown>()

/**
 * What Fastify calls for an address that its router cannot read. It would be answered apart from all hooks: without headers,
 * limits and a line in the log. So it is sent on as one for which there is nothing, and meets with its error there.
 */
export function sendOn(error: unknown, { raw, server }: FastifyRequest, reply: FastifyReply) {
  unreadable.set(raw, error)
  Object.assign(raw, { originalUrl: raw.url, url: NOWHERE })
  server.routing(raw, reply.raw)
}

/**
 * Tells an unknown path (404) from a known one with a wrong method (405), which Fastify's router does not; before the body is
 * looked at, for there is nothing that it could be for.
 */
async function notFound(app: FastifyInstance) {
  // Without the route that answers preflights, which was made before and matches every path.
  const router = createRouter()
  const methods = new Set<HTTPMethod>()

  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat() as HTTPMethod[]) {
      methods.add(each)
      if (!router.hasRoute(each, url)) router.on(each, url, () => {})
    }
  })

  app.addHook('onRequest', (request, _reply, done) => {
    if (request.is404) throw refusal(request)
    done()
  })

  // For a route that has found nothing.
  app.setNotFoundHandler(request => {
    throw refusal(request)
  })

  function refusal({ raw, method, url }: FastifyRequest): unknown {
    if (unreadable.has(raw)) return unreadable.get(raw)
    const path = pathOf(url)
    const allowed = [...methods].filter(each => router.find(each, path))
    if (allowed.length === 0 || allowed.some(each => each === method)) return new Problem('not_found')
    return new Problem('method_not_allowed', { headers: { allow: allowed.join(', ') } })
  }
}

export default fp(notFound, { name: 'not-found', dependencies: ['problems'] })
