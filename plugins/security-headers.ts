import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** What a browser is told about answers that are no pages: to load, frame, guess and pass on nothing (OWASP, REST security). */
const HEADERS = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY'
}

/** Security headers for an API. Pages have a policy of their own. */
async function securityHeaders(app: FastifyInstance) {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(HEADERS)
    done()
  })
}

export default fp(securityHeaders, { name: 'security-headers' })
