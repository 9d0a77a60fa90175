import type { FastifyInstance, FastifyReply, FastifyRequest, onSendHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { matchesWeakly } from '../../src/http/preconditions.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * An `onSend` hook for what is read: gives the answer an entity tag, made from its bytes where it has none yet, and
     * answers 304 to one who has it already (RFC 9110, section 13.1.2).
     */
    conditionalGet: onSendHookHandler
  }
}

async function etag(app: FastifyInstance) {
  app.decorate('conditionalGet', (request: FastifyRequest, reply: FastifyReply, payload: unknown, done) => {
    if (reply.statusCode !== 200) return done(null, payload)
    const tag = String(reply.getHeader('etag'))
    reply.header('etag', tag)
    const ifNoneMatch = request.headers['if-none-match']
    if (ifNoneMatch === undefined || !matchesWeakly(tag, ifNoneMatch)) return done(null, payload)
    reply.code(304).removeHeader('content-type')
    // What answers a HEAD counts the bytes of what a GET would send; none is a text to it, but not a body.
    done(null, request.method === 'HEAD' ? '' : null)
  })
}

export default fp(etag, { name: 'conditional-get' })
