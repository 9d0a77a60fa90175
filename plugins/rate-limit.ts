import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../src/errors.ts'
import { PER_MINUTE } from '../src/limits.ts'

/**
 * Slows down who sends too much; routes that guess, hash or take long set a lower limit of their own. Only `Retry-After` tells so: the plugin's other headers follow a draft that the IETF
 * has replaced.
 */
async function rateLimits(app: FastifyInstance) {
  const silent = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }
  await app.register(rateLimit, {
    max: PER_MINUTE.all,
    timeWindow: '1 minute',
    addHeadersOnExceeding: silent,
    addHeaders: { ...silent, 'retry-after': true },
    errorResponseBuilder: () => new Problem('rate_limited')
  })
}

export default fp(rateLimits, { name: 'rate-limit', dependencies: ['problems'] })
