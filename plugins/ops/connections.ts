import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** Milliseconds in which a client must read part of an answer. Node checks twice before it gives up. */
const STALL_TIMEOUT = 15_000
/** Milliseconds between two warnings about refused connections. */
const WARN_INTERVAL = 60_000

export interface ConnectionsOptions {
  /** The most open connections at a time. */
  readonly maxConnections: number
  /** Milliseconds in which a client must read part of an answer. */
  readonly stallTimeout?: number | undefined
}

/**
 * Limits the number of connections, since each takes a file descriptor and nothing works without free ones. Closes
 * connections whose client does not read its answer.
 */
async function connections(
  app: FastifyInstance,
  { maxConnections, stallTimeout = STALL_TIMEOUT }: ConnectionsOptions
) {
  // A full worker drops connections itself. Returned to the primary, they would circle among the workers.
  Object.assign(app.server, { maxConnections, dropMaxConnection: true })
  let dropped = 0
  let lastWarning = Number.NEGATIVE_INFINITY

  app.server.on('drop', () => {
    // Idle connections make room.
    app.server.closeIdleConnections()
    dropped += 1
    if (performance.now() - lastWarning < WARN_INTERVAL) return
    lastWarning = performance.now()
    app.log.warn({ dropped, most: maxConnections }, 'there are too many connections; others are turned away')
  })

  app.addHook('onSend', (_request, { raw }, payload, done) => {
    raw.setTimeout(stallTimeout, () => raw.destroy())
    done(null, payload)
  })
}

export default fp(connections, { name: 'connections' })
