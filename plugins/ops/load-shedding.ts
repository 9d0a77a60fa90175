import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../../src/problems/problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route is served even when the process is overloaded. */
    isAlwaysServed?: boolean
  }
  interface FastifyInstance {
    /** Whether the event loop lags behind. */
    isUnderPressure: () => boolean
  }
}

/** Mean delay of the event loop above which requests are refused. Milliseconds. */
const MAX_EVENT_LOOP_DELAY = 1000
/** Milliseconds over which the mean is taken, and between two ticks of the measuring timer. */
const SAMPLE_INTERVAL = 1000
const RESOLUTION = 10
/** Milliseconds after the start in which no request is refused: two sample intervals. */
const STARTUP_GRACE = 2000
/** Seconds after which a refused client should try again. */
const RETRY_AFTER = 5

/**
 * Refuses requests while the event loop lags behind, so that the rest is answered in time. `@fastify/under-pressure` also
 * measures memory, and its timer throws when the system has no file descriptor left.
 */
async function loadShedding(
  app: FastifyInstance,
  { startupGrace = STARTUP_GRACE }: { startupGrace?: number }
) {
  // Loading the program delays the event loop as well.
  let graceEndsAt = Number.POSITIVE_INFINITY
  let delay = 0
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION })
  histogram.enable()
  const sampleTimer = setInterval(() => {
    delay = histogram.mean / 1e6 - RESOLUTION
    histogram.reset()
  }, SAMPLE_INTERVAL).unref()
  // Without a single tick in the interval the mean is NaN, which must count as a delay.
  app.decorate('isUnderPressure', () => !(delay <= MAX_EVENT_LOOP_DELAY))

  app.addHook('onReady', async () => {
    graceEndsAt = performance.now() + startupGrace
  })
  app.addHook('onClose', async () => {
    clearInterval(sampleTimer)
    histogram.disable()
  })

  app.addHook('onRequest', ({ routeOptions }, _reply, done) => {
    const isShed =
      app.isUnderPressure() && !routeOptions.config.isAlwaysServed && performance.now() >= graceEndsAt
    done(isShed ? new Problem('overloaded', { retryAfter: RETRY_AFTER }) : undefined)
  })
}

export default fp(loadShedding, { name: 'load-shedding' })
