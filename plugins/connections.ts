import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** Milliseconds in which a client has to take something of an answer; Node looks once more before it gives up. */
const STALLED = 15_000
/** Milliseconds between two lines of the log that tell of connections that were turned away. */
const TELLING = 60_000

export interface ConnectionsOptions {
  /** The most at a time. */
  readonly most: number
  readonly stalled?: number | undefined
}

/**
 * Bounds what connections cost: how many there are, since each takes a descriptor and without any left nothing works; and
 * for how long an answer is kept for a client that does not read it.
 */
async function connections(app: FastifyInstance, { most, stalled = STALLED }: ConnectionsOptions) {
  // A worker that is full turns them away itself: handed back, they would go round among the workers.
  Object.assign(app.server, { maxConnections: most, dropMaxConnection: true })
  let dropped = 0
  let told = Number.NEGATIVE_INFINITY

  app.server.on('drop', () => {
    // Who has nothing to send makes room.
    app.server.closeIdleConnections()
    dropped += 1
    if (performance.now() - told < TELLING) return
    told = performance.now()
    app.log.warn({ dropped, most }, 'there are too many connections; others are turned away')
  })

  app.addHook('onSend', (_request, { raw }, payload, done) => {
    raw.setTimeout(stalled, () => raw.destroy())
    done(null, payload)
  })
}

export default fp(connections, { name: 'connections' })
