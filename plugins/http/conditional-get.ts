import type { FastifyInstance, FastifyReply, FastifyRequest, onSendHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { matchesWeakly } from '../../src/http/preconditions.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * An `onSend` hook for reads whose handler sets an `ETag`. It answers 304 when the client has that state already
     * (RFC 9110, section 13.1.2).
     */
    conditionalGet: onSendHookHandler
  }
}

async function conditionalGet(app: FastifyInstance) {
  app.decorate('conditionalGet', (request: FastifyRequest, reply: FastifyReply, payload: unknown, done) => {
    if (reply.statusCode !== 200) return done(null, payload)
    const tag = String(reply.getHeader('etag'))
    reply.header('etag', tag)
    const ifNoneMatch = request.headers['if-none-match']
    if (ifNoneMatch === undefined || !matchesWeakly(tag, ifNoneMatch)) return done(null, payload)
    reply.code(304).removeHeader('content-type')
    // Fastify computes the length of an answer to HEAD from the payload. Its type must be a string, so null fails.
    done(null, request.method === 'HEAD' ? '' : null)
  })
}

export default fp(conditionalGet, { name: 'conditional-get' })
