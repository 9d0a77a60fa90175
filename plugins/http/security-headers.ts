import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../../src/config/config.ts'

/** What a browser is told about answers that are no pages: to load, frame, guess and pass on nothing (OWASP, REST security). */
export const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none';base-uri 'none';frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY'
}

/**
 * Security headers for an API. Pages have a policy of their own. That browsers should come by TLS only is told to those that
 * have (RFC 6797, section 7.2), and of this host only unless the setting says more: its siblings are not ours.
 */
async function securityHeaders(app: FastifyInstance, { config: { hsts } }: { config: Config }) {
  const headersOverTls =
    hsts === undefined ? SECURITY_HEADERS : { ...SECURITY_HEADERS, 'strict-transport-security': hsts }
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(request.protocol === 'https' ? headersOverTls : SECURITY_HEADERS)
    done()
  })
}

export default fp(securityHeaders, { name: 'security-headers', dependencies: ['client-address'] })
