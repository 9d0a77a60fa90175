import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** Milliseconds in which a client has to take something of an answer; Node looks once more before it gives up. */
const STALL_TIMEOUT = 15_000
/** Milliseconds between two lines of the log that tell of connections that were turned away. */
const WARN_INTERVAL = 60_000

export interface ConnectionsOptions {
  /** The most at a time. */
  readonly maxConnections: number
  readonly stallTimeout?: number | undefined
}

/**
 * Bounds what connections cost: how many there are, since each takes a descriptor and without any left nothing works; and
 * for how long an answer is kept for a client that does not read it.
 */
async function connections(
  app: FastifyInstance,
  { maxConnections, stallTimeout: stalled = STALL_TIMEOUT }: ConnectionsOptions
) {
  // A worker that is full turns them away itself: handed back, they would go round among the workers.
  Object.assign(app.server, { maxConnections: maxConnections, dropMaxConnection: true })
  let dropped = 0
  let lastWarning = Number.NEGATIVE_INFINITY

  app.server.on('drop', () => {
    // Who has nothing to send makes room.
    app.server.closeIdleConnections()
    dropped += 1
    if (performance.now() - lastWarning < WARN_INTERVAL) return
    lastWarning = performance.now()
    app.log.warn({ dropped, most: maxConnections }, 'there are too many connections; others are turned away')
  })

  app.addHook('onSend', (_request, { raw }, payload, done) => {
    raw.setTimeout(stalled, () => raw.destroy())
    done(null, payload)
  })
}

export default fp(connections, { name: 'connections' })
