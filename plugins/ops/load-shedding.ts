import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../../src/problems/problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether it is answered however busy the process is. */
    isAlwaysServed?: boolean
  }
  interface FastifyInstance {
    /** Whether the process cannot keep up. */
    isUnderPressure: () => boolean
  }
}

/** Milliseconds that the event loop may lag behind, on average over a second, before requests are turned away. */
const MAX_EVENT_LOOP_DELAY = 1000
/** Milliseconds over which the average is taken, and between two looks of the timer that measures. */
const SAMPLE_INTERVAL = 1000
const RESOLUTION = 10
/** Milliseconds after the start in which nothing is turned away: two of the seconds over which the delay is taken. */
const STARTUP_GRACE = 2000
/** Seconds after which to come back. */
const RETRY_AFTER = 5

/**
 * Turns requests away while the process cannot keep up, rather than answering all of them too late. `@fastify/under-pressure`
 * would do so, too, but asks for the memory as well, which throws in its timer when the system has no descriptor left.
 */
async function loadShedding(
  app: FastifyInstance,
  { startupGrace = STARTUP_GRACE }: { startupGrace?: number }
) {
  // Loading the program holds the event loop up as well, and says nothing of requests.
  let graceEndsAt = Number.POSITIVE_INFINITY
  let delay = 0
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION })
  histogram.enable()
  const sampleTimer = setInterval(() => {
    delay = histogram.mean / 1e6 - RESOLUTION
    histogram.reset()
  }, SAMPLE_INTERVAL).unref()
  // Without a single look in all that time there is no mean (NaN).
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
