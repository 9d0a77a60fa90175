import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

const API = '/api/'

const NO_PARAMETERS = Type.Object({}, { additionalProperties: false })

/**
 * Has the operations of the API that take no query parameters refuse all, as the others refuse unknown ones. Pages and probes are
 * opened with what mail programs and balancers add to them. Must be registered before the routes.
 */
async function strictQueries(app: FastifyInstance) {
  app.addHook('onRoute', route => {
    const { schema } = route
    if (schema && !schema.querystring && route.url.startsWith(API))
      route.schema = { ...schema, querystring: NO_PARAMETERS }
  })
}

export default fp(strictQueries, { name: 'strict-queries' })
