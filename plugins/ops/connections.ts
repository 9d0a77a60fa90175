import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/** Milliseconds in which a client must read part of an answer. Node checks twice before it gives up. */
const STALL_TIMEOUT = 15_000
/** The most requests of a connection that wait for the answer before. */
const MAX_WAITING = 200
/** Milliseconds between two warnings about refused connections. */
const WARN_INTERVAL = 60_000

export interface ConnectionsOptions {
  /** The most open connections at a time. */
  readonly maxConnections: number
  /** Milliseconds in which a client must read part of an answer. */
  readonly stallTimeout?: number | undefined
}

/**
 * Limits the number of connections, since each takes a file descriptor and nothing works without free ones. Answers the
 * requests of a connection one after another. Closes connections whose client does not read its answer. Must be registered
 * before all that works on a request.
 */
async function connections(
  app: FastifyInstance,
  { maxConnections, stallTimeout = STALL_TIMEOUT }: ConnectionsOptions
) {
  const silentSockets = trackSilentSockets(app)
  limitConnections(app, maxConnections, silentSockets)
  serializeAnswers(app, silentSockets)

  app.addHook('onSend', (_request, { raw }, payload, done) => {
    raw.setTimeout(stallTimeout, () => {
      // Otherwise the client has read all there is, and waits for us.
      if (raw.writableLength > 0) raw.destroy()
    })
    done(null, payload)
  })
}

/** Collects the connections without a request so far, the oldest first. The first request removes its connection. */
function trackSilentSockets(app: FastifyInstance): Set<Socket> {
  const silentSockets = new Set<Socket>()
  app.server.on('connection', (socket: Socket) => {
    silentSockets.add(socket)
    socket.once('close', () => silentSockets.delete(socket))
  })
  return silentSockets
}

/** Turns connections away when there are too many, and makes room for the next one. */
function limitConnections(app: FastifyInstance, maxConnections: number, silentSockets: Set<Socket>) {
  // A full worker drops connections itself. Returned to the primary, they would circle among the workers.
  Object.assign(app.server, { maxConnections, dropMaxConnection: true })
  let dropped = 0
  let lastWarning = Number.NEGATIVE_INFINITY

  app.server.on('drop', () => {
    app.server.closeIdleConnections()
    // Node does not count a connection without a request as idle. A few silent clients could shut out all others.
    const [oldest] = silentSockets
    if (oldest) {
      // The next drop may come before the socket has closed, and must find another one.
      silentSockets.delete(oldest)
      oldest.destroy()
    }
    dropped += 1
    if (performance.now() - lastWarning < WARN_INTERVAL) return
    lastWarning = performance.now()
    app.log.warn({ dropped, most: maxConnections }, 'there are too many connections; others are turned away')
  })
}

/** The last response of a connection, and how many requests wait for the one before. */
interface Pipeline {
  last: ServerResponse
  waiting: number
}

/**
 * Makes a pipelined request wait until the answer before is sent. Node parses all requests of a packet at once and keeps
 * their answers until the client reads them: hundreds of long answers to one client would exhaust the memory. A client that
 * sends too many requests ahead loses its connection, since each waiting request takes memory, too.
 */
function serializeAnswers(app: FastifyInstance, silentSockets: Set<Socket>) {
  const pipelines = new WeakMap<Socket, Pipeline>()

  app.addHook('onRequest', ({ raw: { socket } }, { raw: response }, done) => {
    const pipeline = pipelines.get(socket)
    if (!pipeline) {
      pipelines.set(socket, { last: response, waiting: 0 })
      silentSockets.delete(socket)
      return done()
    }
    const previous = pipeline.last
    pipeline.last = response
    if (previous.closed) return done()
    pipeline.waiting += 1
    if (pipeline.waiting > MAX_WAITING) socket.destroy()
    previous.once('close', () => {
      pipeline.waiting -= 1
      // Without a connection nobody gets the answer. A client must expect that the request was not carried out and may
      // send it again (RFC 9112, sections 9.3.2 and 9.6).
      if (socket.writable) done()
    })
  })
}

export default fp(connections, { name: 'connections' })
