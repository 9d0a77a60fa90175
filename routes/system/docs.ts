import helmet from '@fastify/helmet'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

/**
 * The minimum that Swagger UI needs: its own scripts and styles, and requests to this service. The hash is that of the
 * style sheet that its script inserts.
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

/** Serves the OpenAPI document, and Swagger UI to read it and try it. */
export default async function docs(app: FastifyInstance) {
  // The document is long and never changes, so all answers share the same bytes.
  let bytes = Buffer.alloc(0)
  app.addHook('onReady', async () => {
    bytes = Buffer.from(JSON.stringify(app.swagger()))
  })
  app.get('/openapi.json', { schema: { hide: true } }, async function document(_request, reply) {
    return reply.type('application/json; charset=utf-8').send(bytes)
  })

  await app.register(helmet, { contentSecurityPolicy: false, strictTransportSecurity: false })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: CONTENT_SECURITY_POLICY,
    theme: { title: 'Latchkey' },
    uiConfig: {
      // Hides the bar that loads other documents, which the policy above forbids.
      layout: 'BaseLayout',
      // A stored token would stay in the browser after the page is closed.
      persistAuthorization: false,
      displayRequestDuration: true,
      tryItOutEnabled: true
    }
  })
}
