import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createLocalCounter, type RateCounter } from '../../src/cluster/shared-counters.ts'
import { REQUESTS_PER_MINUTE } from '../../src/config/limits.ts'
import { toNetwork } from '../../src/http/addresses.ts'
import { Problem } from '../../src/problems/problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Requests a minute from one network to this route; false turns counting off. By default the common limit counts. */
    rateLimit?: number | false
  }
}

const MINUTE = 60_000

export interface RateLimitOptions {
  /** Counts for all workers together, when there are several. */
  readonly sharedCounter?: RateCounter | undefined
  /** The CORS headers for the calling page's origin: the refusal comes before the CORS plugin. */
  readonly getCorsHeaders: (origin: string | undefined) => Record<string, string>
}

/**
 * Limits the requests of each network (one IPv4 address, one IPv6 /64). Routes that guess, hash or take long have a lower
 * limit. Requests are counted before any other check, so refused ones count too: an unknown path, a wrong method, a bad
 * token, a preflight. Only `Retry-After` reports the limit; the RateLimit headers are still a draft of the IETF.
 *
 * Each worker counts the common limit alone, since a question to the primary would slow every request. Limits of routes are
 * counted for all workers together.
 */
async function rateLimits(app: FastifyInstance, { sharedCounter, getCorsHeaders }: RateLimitOptions) {
  const countOverall = createLocalCounter()
  const countRoute = sharedCounter ?? createLocalCounter()

  app.addHook('onRequest', async ({ ip, headers, routeOptions: { method, url, config } }) => {
    if (config.rateLimit === false) return
    const { rateLimit: limit = REQUESTS_PER_MINUTE.all } = config
    const network = toNetwork(ip)
    const { current, ttl } = await (config.rateLimit === undefined
      ? countOverall(network, MINUTE)
      : countRoute(`${method} ${url} ${network}`, MINUTE))
    if (current <= limit) return
    const retryAfter = Math.max(1, Math.ceil(ttl / 1000))
    throw new Problem('rate_limited', { retryAfter, headers: getCorsHeaders(headers.origin) })
  })
}

export default fp(rateLimits, { name: 'rate-limit', dependencies: ['problems', 'client-address'] })
