import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Clock } from '../../src/db/store.ts'
import { normalizeAddress } from '../../src/http/addresses.ts'
import { Problem, type ProblemCode } from '../../src/problems/problem.ts'

/** The problem codes of Node's errors. */
const problemCodes: Record<string, ProblemCode> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large'
}

/** The methods that any route has. */
const SUPPORTED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'

/** Milliseconds until the connection is cut. A client that still sends may lose the answer if the cut comes at once. */
const LINGER_TIMEOUT = 1000

/** The most log lines a minute. These answers are not rate limited, so a client could fill the log. */
const LINES_PER_MINUTE = 100
const MINUTE = 60_000

/** The `Origin` header in the raw bytes of a request. */
const ORIGIN_LINE = /^origin:[ \t]*(\S+)[ \t]*\r?$/im

/** Node's error for a request that it could not parse. */
type ClientError = Error & { readonly code?: string; readonly rawPacket?: unknown }

export interface ClientErrorHandlerOptions {
  readonly newId: () => string
  readonly now: Clock
  /** The headers of every answer. `origin` is the origin of the calling page, if the request names one. */
  readonly getHeaders: (origin: string | undefined) => Record<string, string>
  readonly log: () => Pick<FastifyInstance['log'], 'info'>
}

/**
 * Creates handlers for what Node never passes to a route. The answers have the form of all other answers. Fastify made no
 * request, so the handlers create a request id for each answer, and bound the log lines.
 */
export function createClientErrorHandlers({ newId, now, getHeaders, log }: ClientErrorHandlerOptions) {
  let minute = Number.NaN
  let answers = 0

  /** Logs an answer, if few were logged in this minute. The first line of a minute counts those left out before. */
  function logAnswer(fields: object) {
    const currentMinute = Math.floor(now().getTime() / MINUTE)
    const unlogged = currentMinute === minute ? 0 : Math.max(0, answers - LINES_PER_MINUTE)
    if (currentMinute !== minute) answers = 0
    minute = currentMinute
    answers += 1
    if (answers <= LINES_PER_MINUTE) log().info({ ...fields, ...(unlogged && { unlogged }) }, 'request')
  }

  function sendProblem(socket: Duplex, problem: Problem, origin: string | undefined) {
    if (!socket.writable) return
    const id = newId()
    const { remoteAddress: ip } = socket as Partial<Socket>
    logAnswer({ reqId: id, status: problem.status, ip: normalizeAddress(ip ?? ''), code: problem.code })
    const body = JSON.stringify(problem.toDocument(id))
    const headers = {
      'Content-Type': 'application/problem+json',
      'Content-Length': Buffer.byteLength(body),
      Connection: 'close',
      Date: now().toUTCString(),
      'Cache-Control': 'no-store',
      'X-Request-Id': id,
      ...getHeaders(origin),
      ...problem.headers
    }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
    socket.end(
      [`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`, ...lines, '', body].join('\r\n')
    )
    setTimeout(() => socket.destroy(), LINGER_TIMEOUT).unref()
  }

  return {
    /** Answers bytes that are not valid HTTP. The origin is read from the last packet. */
    onClientError({ code, rawPacket }: ClientError, socket: Duplex) {
      const origin = ORIGIN_LINE.exec(String(rawPacket))?.[1]
      sendProblem(socket, new Problem(problemCodes[String(code)] ?? 'malformed_request'), origin)
    },
    /** Answers CONNECT, which asks for a proxy. */
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

/** Handles CONNECT and `Expect`. Without these listeners Node cuts the connection, or answers 417 without a body. */
async function clientErrors(app: FastifyInstance, { onConnect }: Pick<ClientErrorHandlers, 'onConnect'>) {
  app.server.on('connect', onConnect)
  // An expectation may be ignored (RFC 9110, section 10.1.1).
  app.server.on('checkExpectation', app.routing)
}

export default fp(clientErrors, { name: 'client-errors' })
