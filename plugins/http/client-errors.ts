import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Clock } from '../../src/db/store.ts'
import { normalizeAddress } from '../../src/http/addresses.ts'
import { Problem, type ProblemCode } from '../../src/problems/problem.ts'

/** What Node's errors are called in our catalogue. */
const problemCodes: Record<string, ProblemCode> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large'
}

/** The methods that there is anything for. */
const SUPPORTED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'

/** Milliseconds for a client to read such an answer, if it goes on sending: a connection that is cut may lose it. */
const LINGER_TIMEOUT = 1000

/** The line of a request that says whose page it comes from. */
const ORIGIN_LINE = /^origin:[ \t]*(\S+)[ \t]*\r?$/im

/** What Node tells of a request that it could not read. */
type ClientError = Error & { readonly code?: string; readonly rawPacket?: unknown }

export interface ClientErrorHandlerOptions {
  readonly newId: () => string
  readonly now: Clock
  /** The headers of every answer, given the origin of the page that the request comes from, if that is known. */
  readonly getHeaders: (origin: string | undefined) => Record<string, string>
  readonly log: () => Pick<FastifyInstance['log'], 'info'>
}

/**
 * Answers what Node has for no route, in the form that every request is answered in. There is no request of the framework,
 * so no id either: the answer gets one of its own.
 */
export function createClientErrorHandlers({
  newId,
  now,
  getHeaders: headersFor,
  log
}: ClientErrorHandlerOptions) {
  function sendProblem(socket: Duplex, problem: Problem, origin: string | undefined) {
    if (!socket.writable) return
    const id = newId()
    const { remoteAddress: ip } = socket as Partial<Socket>
    log().info(
      { reqId: id, status: problem.status, ip: normalizeAddress(ip ?? ''), code: problem.code },
      'request'
    )
    const body = JSON.stringify(problem.toDocument(id))
    const headers = {
      'Content-Type': 'application/problem+json',
      'Content-Length': Buffer.byteLength(body),
      Connection: 'close',
      Date: now().toUTCString(),
      'Cache-Control': 'no-store',
      'X-Request-Id': id,
      ...headersFor(origin),
      ...problem.headers
    }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    socket.end(
      [`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`, ...lines, '', body].join('\r\n')
    )
    setTimeout(() => socket.destroy(), LINGER_TIMEOUT).unref()
  }

  return {
    /** What is no HTTP. Of its origin is known what stands in the bytes that came last. */
    onClientError({ code, rawPacket }: ClientError, socket: Duplex) {
      const origin = ORIGIN_LINE.exec(String(rawPacket))?.[1]
      sendProblem(socket, new Problem(problemCodes[String(code)] ?? 'malformed_request'), origin)
    },
    /** What would have a proxy. */
    onConnect({ headers }: IncomingMessage, socket: Duplex) {
      sendProblem(
        socket,
        new Problem('method_not_allowed', { headers: { allow: SUPPORTED_METHODS } }),
        headers.origin
      )
    }
  }
}

export type ClientErrorHandlers = ReturnType<typeof createClientErrorHandlers>

/** Keeps Node from cutting the connection, or answering without a word, where nobody listens. */
async function clientErrors(app: FastifyInstance, { onConnect }: Pick<ClientErrorHandlers, 'onConnect'>) {
  app.server.on('connect', onConnect)
  // An expectation may be ignored (RFC 9110, section 10.1.1).
  app.server.on('checkExpectation', app.routing)
}

export default fp(clientErrors, { name: 'client-errors' })
