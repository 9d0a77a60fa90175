import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { getClientAddress as addressOfClient, type TrustCheck } from '../../src/http/addresses.ts'

/**
 * Says in `request.ip` who sends a request, and in `request.protocol` how, wherever either is asked for: limits, throttle,
 * sessions, events, log. Fastify's own reading of the proxies' headers (`trustProxy`) takes any text for an address, ports
 * with it.
 */
async function clientAddress(app: FastifyInstance, { isTrusted }: { isTrusted: TrustCheck }) {
  app.decorateRequest('ip', {
    getter(this: FastifyRequest) {
      return addressOfClient(this.raw.socket.remoteAddress, getHeader(this.raw, 'x-forwarded-for'), isTrusted)
    }
  })
  app.decorateRequest('protocol', {
    getter(this: FastifyRequest) {
      const { socket } = this.raw
      const forwarded = getHeader(this.raw, 'x-forwarded-proto')
      // Of several, the last one is what the nearest proxy says; the first may be what the client has said.
      if (forwarded !== undefined && isTrusted(socket.remoteAddress))
        return /(^|,)\s*https\s*$/i.test(forwarded) ? 'https' : 'http'
      return 'encrypted' in socket ? 'https' : 'http'
    }
  })
}

/** Node joins what comes several times. */
const getHeader = ({ headers }: IncomingMessage, name: string) => headers[name] as string | undefined

export default fp(clientAddress, { name: 'client-address' })
