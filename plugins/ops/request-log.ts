import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { toRequestPath } from '../../src/http/request-path.ts'

/**
 * Logs one line for each request: client, user id if known, method, path, status, duration, and the problem code of a
 * refusal. The line holds no query string, header or body, so nothing that a user typed.
 */
export class RequestLogController extends LogController {
  override incomingRequest() {}

  override requestCompleted(_error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply) {
    logRequest(request, reply)
  }

  override streamError(error: Error, request: FastifyRequest, reply: FastifyReply) {
    // Fastify counts a request as completed only if its client has read to the end.
    if ('code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE')
      logRequest(request, reply, { cut: true })
    else super.streamError(error, request, reply)
  }
}

/** @param particulars further fields of the line */
function logRequest(request: FastifyRequest, reply: FastifyReply, particulars: object = {}) {
  const { method, ip, user, loggedUserId, problemCode: code, log } = request
  const path = toRequestPath(request.originalUrl)
  const ms = Math.round(reply.elapsedTime * 10) / 10
  log.info(
    { method, path, status: reply.statusCode, ms, ip, user: user?.id ?? loggedUserId, code, ...particulars },
    'request'
  )
}
