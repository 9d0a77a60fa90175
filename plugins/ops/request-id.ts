import type { IncomingMessage } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, FastifyServerOptions } from 'fastify'
import fp from 'fastify-plugin'
import type { TrustCheck } from '../../src/http/addresses.ts'

/** Visible ASCII, short enough for a log line. */
const REQUEST_ID = /^[!-~]{1,128}$/
/** A `traceparent` of version 00, or the same prefix of a later version (W3C Trace Context, section 3.2). */
const TRACE_PARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(-|$)/

/**
 * Creates Fastify's `genReqId`. An acceptable `X-Request-Id` of a trusted proxy is used. Other clients cannot choose the id:
 * their log lines could hide among those of another request.
 */
export function createRequestIdGenerator(newId: () => string, isTrusted: TrustCheck) {
  return ({ headers, socket }: IncomingMessage): string => {
    const requestedId = headers['x-request-id']
    const isAccepted =
      typeof requestedId === 'string' && REQUEST_ID.test(requestedId) && isTrusted(socket.remoteAddress)
    return isAccepted ? requestedId : newId()
  }
}

/** Creates Fastify's `childLoggerFactory`. Log lines carry the `traceId` of a trusted proxy, even when tracing is off. */
export const createChildLoggerFactory =
  (isTrusted: TrustCheck): NonNullable<FastifyServerOptions['childLoggerFactory']> =>
  (logger, bindings, options, { headers: { traceparent }, socket }) => {
    const traceId = traceparent && TRACE_PARENT.exec(String(traceparent))?.[1]
    const childBindings = traceId && isTrusted(socket.remoteAddress) ? { ...bindings, traceId } : bindings
    return logger.child(childBindings, options) as FastifyBaseLogger
  }

/** Sends the request id as `X-Request-Id`. */
async function requestId(app: FastifyInstance) {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
}

export default fp(requestId, { name: 'request-id' })
