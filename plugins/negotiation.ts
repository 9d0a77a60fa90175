import accepts from '@fastify/accepts'
import type { FastifyInstance, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Of the media types that an answer can have, the one that the client would rather have (RFC 9110, section 12.5.1);
     * the first of them where it has no wish, undefined where it takes none. The answer says that it varies by Accept.
     */
    preferred<Type extends string>(...types: Type[]): Type | undefined
  }
}

/** Answers in the form that a client asks for. */
async function negotiation(app: FastifyInstance) {
  await app.register(accepts)
  app.decorateReply('preferred', function preferred<
    Type extends string
  >(this: FastifyReply, ...types: Type[]) {
    this.header('vary', [this.getHeader('vary'), 'Accept'].filter(Boolean).join(', '))
    return (this.request.accepts().type(types) || undefined) as Type | undefined
  })
}

export default fp(negotiation, { name: 'negotiation' })
