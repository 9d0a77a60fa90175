import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** Milliseconds between two rounds that close idle connections. */
const IDLE_CHECK_INTERVAL = 50

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether `stop` was called. Readiness then answers 503. */
    isStopping: boolean
    /**
     * Reports not ready for a while, then accepts no more connections, answers the open requests and closes the app.
     * @param delay milliseconds in which load balancers can notice
     */
    stop: (delay: number) => Promise<void>
  }
}

/** Adds `app.stop`, and `app.isStopping`. */
async function shutdown(app: FastifyInstance) {
  app.decorate('isStopping', false)

  app.decorate('stop', async (delay: number) => {
    app.isStopping = true
    app.server.prependListener('request', (_request, response: ServerResponse) => {
      response.setHeader('connection', 'close')
    })
    await sleep(delay)
    // After `close` Node still keeps busy connections alive. They must be closed once they are idle.
    const idleCheckTimer = setInterval(() => app.server.closeIdleConnections(), IDLE_CHECK_INTERVAL)
    await app.close()
    clearInterval(idleCheckTimer)
  })
}

export default fp(shutdown, { name: 'shutdown' })
