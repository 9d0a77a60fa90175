import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { bearerToken } from '../src/auth/bearer.ts'
import { isOwnerless, isUnavailable } from '../src/db/failures.ts'
import { Problem, type ProblemCode } from '../src/errors.ts'

/** Seconds after which to ask a database again that could not answer. */
const RETRY_AFTER = 5

const MEDIA_TYPE = 'application/problem+json'

/** What the framework's own errors are called in our catalogue. */
const frameworkCodes: Record<string, ProblemCode> = {
  FST_ERR_BAD_URL: 'malformed_request',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_request',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_request',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_MAX_PARAM_LENGTH: 'uri_too_long'
}

/** Likewise, of Node's own errors. */
const clientCodes: Record<string, ProblemCode> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large'
}

/** Answers every error with a problem document (RFC 9457). */
async function problems(app: FastifyInstance) {
  app.setErrorHandler(sendProblem)
}

/** What Fastify calls for an error, also for one before any route was found. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const problem = toProblem(error, request)
  if (problem.status >= 500) request.log.error({ err: error }, problem.message)
  return reply
    .code(problem.status)
    .headers(headersOf(problem, request))
    .type(MEDIA_TYPE)
    .send(problem.document(request.id))
}

function toProblem(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error
  if (isUnavailable(error)) return new Problem('database_unavailable', { retryAfter: RETRY_AFTER })
  // The account was deleted since the request was let in.
  if (isOwnerless(error) && request.user) return new Problem('access_token_revoked')
  const code = frameworkCodes[(error as FastifyError).code] ?? 'internal_error'
  return new Problem(code, code === 'unsupported_media_type' ? { headers: acceptedBy(request) } : {})
}

/** The media types to use instead (RFC 9110, section 15.5.16; RFC 5789, section 3.1). */
function acceptedBy({ method, routeOptions }: FastifyRequest): Record<string, string> {
  const types = (routeOptions.schema?.consumes ?? ['application/json']).join(', ')
  return { accept: types, ...(method === 'PATCH' && { 'accept-patch': types }) }
}

function headersOf(problem: Problem, request: FastifyRequest): Record<string, string> {
  return {
    'cache-control': 'no-store',
    'x-request-id': request.id,
    ...(problem.status === 401 && { 'www-authenticate': challenge(problem, request) }),
    ...problem.headers
  }
}

/** Names an error only when it was the token in the header that failed (RFC 6750, section 3.1). */
function challenge({ code, message }: Problem, { headers }: FastifyRequest): string {
  const isAboutToken = code.startsWith('access_token_') && bearerToken(headers.authorization) !== undefined
  return isAboutToken ? `Bearer error="invalid_token", error_description="${message}"` : 'Bearer'
}

/** Answers what Node could not read as HTTP; there is no request yet, hence no id: the answer gets one of its own. */
export function clientProblems(newId: () => string) {
  return (error: Error & { code?: string }, socket: Socket) => {
    if (!socket.writable) return
    const problem = new Problem(clientCodes[String(error.code)] ?? 'malformed_request')
    const body = JSON.stringify(problem.document(newId()))
    socket.end(
      [
        `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
        `Content-Type: ${MEDIA_TYPE}`,
        `Content-Length: ${Buffer.byteLength(body)}`,
        'Connection: close',
        '',
        body
      ].join('\r\n')
    )
  }
}

export default fp(problems, { name: 'problems' })
