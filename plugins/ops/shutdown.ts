import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** Milliseconds between two looks for connections whose request has been answered. */
const IDLE_CHECK_INTERVAL = 50

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether the service has been told to stop: nobody should send anything more to it. */
    isStopping: boolean
    /**
     * Says so for a while, then takes no more connections, answers what it has, and closes.
     * @param delay milliseconds for load balancers to notice
     */
    stop: (delay: number) => Promise<void>
  }
}

async function shutdown(app: FastifyInstance) {
  app.decorate('isStopping', false)

  app.decorate('stop', async (delay: number) => {
    app.isStopping = true
    app.server.prependListener('request', (_request, response: ServerResponse) => {
      response.setHeader('connection', 'close')
    })
    await sleep(delay)
    // Node waits for clients to leave connections that were busy when it stopped to listen: they are kept alive.
    const idleCheckTimer = setInterval(() => app.server.closeIdleConnections(), IDLE_CHECK_INTERVAL)
    await app.close()
    clearInterval(idleCheckTimer)
  })
}

export default fp(shutdown, { name: 'shutdown' })
