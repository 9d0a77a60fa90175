import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../src/errors.ts'

/** Requests a minute from one address (IPv6: one /64 network). Routes that guess or hash set a lower one. */
const WIDE_LIMIT = 1200

/**
 * Slows down who sends too much. Only `Retry-After` tells so: the plugin's other headers follow a draft that the IETF
 * has replaced.
 */
async function rateLimits(app: FastifyInstance) {
  const silent = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }
  await app.register(rateLimit, {
    max: WIDE_LIMIT,
    timeWindow: '1 minute',
    addHeadersOnExceeding: silent,
    addHeaders: { ...silent, 'retry-after': true },
    errorResponseBuilder: () => new Problem('rate_limited')
  })
}

export default fp(rateLimits, { name: 'rate-limit', dependencies: ['problems'] })
