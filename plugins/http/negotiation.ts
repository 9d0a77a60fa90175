import type { FastifyInstance, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import Negotiator from 'negotiator'

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Picks the media type that the client prefers (RFC 9110, section 12.5.1), and adds `Accept` to `Vary`.
     * @param types the media types that the answer can have; the first is the default
     * @returns undefined when the client accepts none of them
     */
    negotiateType<Type extends string>(...types: Type[]): Type | undefined
  }
}

/** A parameter of a media range, except its weight `q`. The value may be quoted. */
const PARAMETER = /;(?!\s*q\s*=)[^;,="]*(=\s*("(?:[^"\\]|\\.)*"|[^;,"]*))?/gi

/** Adds `reply.negotiateType`. */
async function negotiation(app: FastifyInstance) {
  app.decorateReply('negotiateType', function negotiateType<
    Type extends string
  >(this: FastifyReply, ...types: Type[]) {
    this.vary('Accept')
    const { accept } = this.request.headers
    if (!accept) return types[0]
    // Our media types need no parameters, so a range with one (charset=utf-8) means the type itself.
    const ranges = accept.replaceAll(PARAMETER, '')
    const type = new Negotiator({ headers: { accept: ranges } }).mediaType(types)
    return types.find(candidate => candidate === type)
  })
}

export default fp(negotiation, { name: 'negotiation', dependencies: ['@fastify/sensible'] })
