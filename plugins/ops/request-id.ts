import type { IncomingMessage } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, FastifyServerOptions } from 'fastify'
import fp from 'fastify-plugin'
import type { TrustCheck } from '../../src/http/addresses.ts'

/** Visible ASCII of a length that nobody minds in a log. */
const REQUEST_ID = /^[!-~]{1,128}$/
/** The first version's form; of a later one as much as that has (W3C Trace Context, section 3.2). */
const TRACE_PARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(-|$)/

/**
 * The name of a request, in its log lines and its answer: that which a trusted proxy gives it, if it is acceptable. Anybody
 * else could give it the name of another request, and so hide among its lines.
 */
export function createRequestIdGenerator(newId: () => string, isTrusted: TrustCheck) {
  return ({ headers, socket }: IncomingMessage): string => {
    const requestedId = headers['x-request-id']
    const isAccepted =
      typeof requestedId === 'string' && REQUEST_ID.test(requestedId) && isTrusted(socket.remoteAddress)
    return isAccepted ? requestedId : newId()
  }
}

/** The log of a request that is part of a trusted proxy's trace names it, whether or not the service itself takes part. */
export const createChildLoggerFactory =
  (isTrusted: TrustCheck): NonNullable<FastifyServerOptions['childLoggerFactory']> =>
  (logger, bindings, options, { headers: { traceparent }, socket }) => {
    const traceId = traceparent && TRACE_PARENT.exec(String(traceparent))?.[1]
    const childBindings = traceId && isTrusted(socket.remoteAddress) ? { ...bindings, traceId } : bindings
    return logger.child(childBindings, options) as FastifyBaseLogger
  }

/** Tells the caller the name of its request. */
async function requestId(app: FastifyInstance) {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
}

export default fp(requestId, { name: 'request-id' })
