import { FastifyOtelInstrumentation } from '@fastify/otel'
import { startNodeSdk } from '@opentelemetry/sdk-node'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { pathOf } from '../src/request-path.ts'

/**
 * Traces requests by OpenTelemetry, which takes its settings from the standard variables (OTEL_*) itself. Comes before
 * whatever is to be traced. Metrics and logs go their own ways.
 */
async function tracing(app: FastifyInstance) {
  const sdk = startNodeSdk({ metricReaders: [], logRecordProcessors: [] })
  const instrumentation = new FastifyOtelInstrumentation({
    instrumentHooks: false,
    requestHook(span, request) {
      const { method, url, routeOptions, id } = request
      span.updateName(`${method} ${routeOptions.url ?? ''}`.trim())
      span.setAttributes({ 'url.path': pathOf(url), 'http.request.header.x-request-id': [id] })
    }
  })
  await app.register(instrumentation.plugin())
  app.addHook('onClose', () => sdk.shutdown())
}

export default fp(tracing, { name: 'tracing' })
