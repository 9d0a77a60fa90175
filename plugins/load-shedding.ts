import underPressure from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../src/errors.ts'

/** Milliseconds that the event loop may lag behind, on average over a second, before requests are turned away. */
const MAX_EVENT_LOOP_DELAY = 1000
/** Milliseconds after the start in which nothing is turned away: two of the seconds over which the delay is taken. */
const SETTLING = 2000
/** Seconds after which to come back. */
const RETRY_AFTER = 5

/** Turns requests away while the process cannot keep up, rather than answering all of them too late. */
async function loadShedding(app: FastifyInstance, { settling = SETTLING }: { settling?: number }) {
  // Loading the program holds the event loop up as well, and says nothing of requests.
  let settled = Number.POSITIVE_INFINITY
  app.addHook('onReady', async () => {
    settled = performance.now() + settling
  })

  await app.register(underPressure, {
    maxEventLoopDelay: MAX_EVENT_LOOP_DELAY,
    pressureHandler: async () => {
      if (performance.now() < settled) return
      throw new Problem('overloaded', { retryAfter: RETRY_AFTER })
    }
  })
}

export default fp(loadShedding, { name: 'load-shedding' })
