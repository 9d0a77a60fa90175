import { FastifyOtelInstrumentation } from '@fastify/otel'
import { propagation } from '@opentelemetry/api'
import { startNodeSdk } from '@opentelemetry/sdk-node'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { TrustCheck } from '../../src/http/addresses.ts'
import { toRequestPath } from '../../src/http/request-path.ts'

/**
 * Traces requests with OpenTelemetry, which reads the standard variables (OTEL_*) itself. Must be registered before the
 * plugins and routes that are traced. Metrics and logs are not exported this way.
 */
async function tracing(app: FastifyInstance, { isTrusted }: { isTrusted: TrustCheck }) {
  const sdk = startNodeSdk({ metricReaders: [], logRecordProcessors: [] })
  // An untrusted client could write into other traces, or force each request to be traced.
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    if (!isTrusted(raw.socket.remoteAddress))
      for (const name of propagation.fields()) delete raw.headers[name]
    done()
  })
  const instrumentation = new FastifyOtelInstrumentation({
    instrumentHooks: false,
    requestHook(span, request) {
      const { method, originalUrl, routeOptions, id } = request
      span.updateName(`${method} ${routeOptions.url ?? ''}`.trim())
      span.setAttributes({ 'url.path': toRequestPath(originalUrl), 'http.request.header.x-request-id': [id] })
    }
  })
  await app.register(instrumentation.plugin())
  app.addHook('onClose', () => sdk.shutdown())
}

export default fp(tracing, { name: 'tracing' })
