import type { FastifyInstance, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import Negotiator from 'negotiator'

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Of the media types that an answer can have, the one that the client would rather have (RFC 9110, section 12.5.1);
     * the first of them where it has no wish, undefined where it takes none. The answer says that it varies by Accept.
     */
    negotiateType<Type extends string>(...types: Type[]): Type | undefined
  }
}

/** A parameter of a media range, but for its weight; its value may stand in quotes. */
const PARAMETER = /;(?!\s*q\s*=)[^;,="]*(=\s*("(?:[^"\\]|\\.)*"|[^;,"]*))?/gi

/** Answers in the form that a client asks for. */
async function negotiation(app: FastifyInstance) {
  app.decorateReply('negotiateType', function negotiateType<
    Type extends string
  >(this: FastifyReply, ...types: Type[]) {
    this.vary('Accept')
    const { accept } = this.request.headers
    if (!accept) return types[0]
    // Ours have none, or say by them what is so anyway (charset=utf-8): a range with one means the type itself.
    const ranges = accept.replaceAll(PARAMETER, '')
    const type = new Negotiator({ headers: { accept: ranges } }).mediaType(types)
    return types.find(candidate => candidate === type)
  })
}

export default fp(negotiation, { name: 'negotiation', dependencies: ['@fastify/sensible'] })
