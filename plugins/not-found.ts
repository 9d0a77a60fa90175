import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import createRouter, { type HTTPMethod } from 'find-my-way'
import { Problem } from '../src/errors.ts'
import { pathOf } from '../src/request-path.ts'

/** Tells an unknown path (404) from a known one with a wrong method (405), which Fastify's router does not. */
async function notFound(app: FastifyInstance) {
  const router = createRouter()
  const methods = new Set<HTTPMethod>()

  app.addHook('onRoute', ({ method, url }) => {
    // The one that answers preflights matches every path.
    if (url === '*') return
    for (const each of [method].flat() as HTTPMethod[]) {
      methods.add(each)
      if (!router.hasRoute(each, url)) router.on(each, url, () => {})
    }
  })

  app.setNotFoundHandler((request: FastifyRequest) => {
    const path = pathOf(request.url)
    const allowed = [...methods].filter(method => router.find(method, path))
    if (allowed.length === 0) throw new Problem('not_found')
    throw new Problem('method_not_allowed', { headers: { allow: allowed.join(', ') } })
  })
}

export default fp(notFound, { name: 'not-found', dependencies: ['problems'] })
