import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createLocalCounter, type RateCounter } from '../../src/cluster/shared-counters.ts'
import { REQUESTS_PER_MINUTE } from '../../src/config/limits.ts'
import { toNetwork } from '../../src/http/addresses.ts'
import { Problem } from '../../src/problems/problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The most requests of a minute of the route by itself; false where they are not counted. */
    rateLimit?: number | false
  }
}

const MINUTE = 60_000

export interface RateLimitOptions {
  /** Counts over all workers, where there are several. */
  readonly sharedCounter?: RateCounter | undefined
  /** What lets a page of that origin read the answer. */
  readonly getCorsHeaders: (origin: string | undefined) => Record<string, string>
}

/**
 * Slows down who sends too much; routes that guess, hash or take long have a lower limit of their own. It counts before
 * anything is looked at, so that what is refused counts, too: an unknown path, a wrong method or token, a preflight. Only
 * `Retry-After` tells of it: other headers follow a draft that the IETF has not settled.
 *
 * Each worker counts by itself against the common limit, which keeps it from overload, and to ask would cost every request.
 * What routes limit for themselves is counted for all workers together.
 */
async function rateLimits(
  app: FastifyInstance,
  { sharedCounter: countTogether, getCorsHeaders: headersFor }: RateLimitOptions
) {
  const countOverall = createLocalCounter()
  const countRoute = countTogether ?? createLocalCounter()

  app.addHook('onRequest', async ({ ip, headers, routeOptions: { method, url, config } }) => {
    if (config.rateLimit === false) return
    const { rateLimit: limit = REQUESTS_PER_MINUTE.all } = config
    const network = toNetwork(ip)
    const { current: count, ttl } = await (config.rateLimit === undefined
      ? countOverall(network, MINUTE)
      : countRoute(`${method} ${url} ${network}`, MINUTE))
    if (count <= limit) return
    const retryAfter = Math.max(1, Math.ceil(ttl / 1000))
    throw new Problem('rate_limited', { retryAfter, headers: headersFor(headers.origin) })
  })
}

export default fp(rateLimits, { name: 'rate-limit', dependencies: ['problems', 'client-address'] })
