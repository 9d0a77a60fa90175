import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { isForeignKeyViolation, isUnavailable } from '../../src/db/errors.ts'
import { parseBearerToken } from '../../src/http/bearer.ts'
import { Problem, type ProblemCode } from '../../src/problems/problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The code of the problem in the answer. */
    problemCode?: ProblemCode
  }
}

/** Seconds after which a client should try again when the database could not answer. */
const RETRY_AFTER = 5

/** The problem codes of errors of Fastify and its plugins, by status. */
const problemCodesByStatus: Record<number, ProblemCode> = {
  400: 'malformed_request',
  404: 'not_found',
  413: 'body_too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type'
}

export interface ProblemsOptions {
  /** Renders a problem as HTML for a client that prefers HTML; undefined for all others. */
  readonly renderPage: (reply: FastifyReply, problem: ReturnType<Problem['toDocument']>) => string | undefined
}

/** Answers every error with a problem document (RFC 9457). A browser gets an HTML page. */
async function problems(app: FastifyInstance, { renderPage }: ProblemsOptions) {
  app.decorateRequest('problemCode')
  app.setErrorHandler((error, request, reply) => {
    const problem = toProblem(error, request)
    request.problemCode = problem.code
    if (problem.status >= 500) request.log.error({ err: error }, problem.message)
    const document = problem.toDocument(request.id)
    reply.code(problem.status).type('application/problem+json').headers(getProblemHeaders(problem, request))
    return reply.send(renderPage(reply, document) ?? document)
  })
}

function toProblem(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error
  if (isUnavailable(error)) return new Problem('database_unavailable', { retryAfter: RETRY_AFTER })
  // The account was deleted after the request was authenticated.
  if (isForeignKeyViolation(error) && (request.user || request.caller))
    return new Problem(
      request.caller?.sessionId === null ? 'personal_access_token_invalid' : 'access_token_revoked'
    )
  const status = getStatusCode(error)
  if (status === undefined || status < 400 || status > 499) return new Problem('internal_error')
  if (status === 415) return new Problem('unsupported_media_type', { headers: getAcceptHeaders(request) })
  return new Problem(problemCodesByStatus[status] ?? 'request_refused', { status })
}

/** The status of an error of Fastify or a plugin. */
function getStatusCode(error: unknown): number | undefined {
  const { statusCode, status } = Object(error)
  return [statusCode, status].find(Number.isInteger)
}

/** Headers that name the accepted media types (RFC 9110, section 15.5.16; RFC 5789, section 3.1). */
function getAcceptHeaders({ method, routeOptions }: FastifyRequest): Record<string, string> {
  const types = (routeOptions.schema?.consumes ?? ['application/json']).join(', ')
  return { accept: types, ...(method === 'PATCH' && { 'accept-patch': types }) }
}

function getProblemHeaders(problem: Problem, request: FastifyRequest): Record<string, string> {
  return {
    'cache-control': 'no-store',
    ...(problem.status === 401 && { 'www-authenticate': createChallenge(problem, request) }),
    ...problem.headers
  }
}

/** The `WWW-Authenticate` value. It names an error only when a bearer token was sent and failed (RFC 6750, section 3.1). */
function createChallenge({ code, message }: Problem, { headers }: FastifyRequest): string {
  const isAboutToken =
    /^(personal_)?access_token_/.test(code) && parseBearerToken(headers.authorization) !== undefined
  return isAboutToken ? `Bearer error="invalid_token", error_description="${message}"` : 'Bearer'
}

export default fp(problems, { name: 'problems', dependencies: ['negotiation'] })
