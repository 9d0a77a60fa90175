import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { getClientAddress, type TrustCheck } from '../../src/http/addresses.ts'

/**
 * Gives `request.ip` the address of the client, and `request.protocol` the protocol that the client uses. Limits, throttle,
 * sessions, audit log and request log read them. Fastify's `trustProxy` takes any text in the proxies' headers for an
 * address, a port included.
 */
async function clientAddress(app: FastifyInstance, { isTrusted }: { isTrusted: TrustCheck }) {
  app.decorateRequest('ip', {
    getter(this: FastifyRequest) {
      return getClientAddress(
        this.raw.socket.remoteAddress,
        getHeader(this.raw, 'x-forwarded-for'),
        isTrusted
      )
    }
  })
  app.decorateRequest('protocol', {
    getter(this: FastifyRequest) {
      const { socket } = this.raw
      const forwarded = getHeader(this.raw, 'x-forwarded-proto')
      // The nearest proxy wrote the last value. The client may have sent the first.
      if (forwarded !== undefined && isTrusted(socket.remoteAddress))
        return /(^|,)\s*https\s*$/i.test(forwarded) ? 'https' : 'http'
      return 'encrypted' in socket ? 'https' : 'http'
    }
  })
}

/** The value of a header. Node joins repeated headers of these names, so the value is no list. */
const getHeader = ({ headers }: IncomingMessage, name: string) => headers[name] as string | undefined

export default fp(clientAddress, { name: 'client-address' })
