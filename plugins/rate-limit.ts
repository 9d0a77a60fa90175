import rateLimit, { type FastifyRateLimitStore } from '@fastify/rate-limit'
import type { FastifyInstance, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../src/errors.ts'
import { PER_MINUTE } from '../src/limits.ts'
import { type Count, countHere } from '../src/rate-windows.ts'

export interface RateLimitOptions {
  /** Counts over all workers, where there are several. */
  readonly countTogether?: Count | undefined
}

/**
 * Slows down who sends too much; routes that guess, hash or take long set a lower limit of their own. Only `Retry-After` tells so: the plugin's other headers follow a draft that the IETF
 * has replaced.
 */
async function rateLimits(app: FastifyInstance, { countTogether }: RateLimitOptions) {
  const silent = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }
  await app.register(rateLimit, {
    max: PER_MINUTE.all,
    timeWindow: '1 minute',
    addHeadersOnExceeding: silent,
    addHeaders: { ...silent, 'retry-after': true },
    errorResponseBuilder: () => new Problem('rate_limited'),
    store: storeOf(countTogether)
  })
}

/**
 * Each worker counts by itself against the common limit, which keeps it from overload, and to ask would cost every request.
 * What routes limit for themselves is counted for all workers together. Not the plugin's own store, which goes by the time
 * of day: after a clock that was ahead, limits would stay used up until then.
 */
const storeOf = (countTogether: Count = countHere()) =>
  class Store implements FastifyRateLimitStore {
    readonly #count: Count

    constructor(_parameters: unknown, count = countHere()) {
      this.#count = count
    }

    incr(key: string, callback: (error: null, window: Awaited<ReturnType<Count>>) => void, length: number) {
      this.#count(key, length).then(window => callback(null, window))
    }

    child(parameters: object) {
      const { method, url } = (parameters as { routeInfo: RouteOptions }).routeInfo
      return new Store(parameters, (key, length) => countTogether(`${method} ${url} ${key}`, length))
    }
  }

export default fp(rateLimits, { name: 'rate-limit', dependencies: ['problems'] })
