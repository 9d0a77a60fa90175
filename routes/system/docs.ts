import helmet from '@fastify/helmet'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

/**
 * What the page of Swagger UI needs, and no more: its own scripts and styles, and this service to try things on. The
 * hash is of the one style sheet that its script writes into the page.
 */
const CONTENT_SECURITY_POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'"
}

/** The OpenAPI document, and a page to read it and to try it. */
export default async function docs(app: FastifyInstance) {
  app.get('/openapi.json', { schema: { hide: true } }, async function document() {
    return app.swagger()
  })

  await app.register(helmet, { contentSecurityPolicy: false, strictTransportSecurity: false })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: CONTENT_SECURITY_POLICY,
    theme: { title: 'Latchkey' },
    uiConfig: {
      // Without the bar that loads documents of other services, which the policy above forbids in any case.
      layout: 'BaseLayout',
      // A token in the storage of a browser would outlast whoever has pasted it.
      persistAuthorization: false,
      displayRequestDuration: true,
      tryItOutEnabled: true
    }
  })
}
