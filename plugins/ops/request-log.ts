import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { toRequestPath } from '../../src/http/request-path.ts'

/**
 * Logs one line for each request: client, user id if known, method, path, status, duration, and the problem code of a
 * refusal. The line holds no query string, header or body, so nothing that a user typed.
 */
export class RequestLogController extends LogController {
  override incomingRequest() {}

  override requestCompleted(_error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply) {
    const { method, ip, user, loggedUserId, problemCode: code, log } = request
    const path = toRequestPath(request.originalUrl)
    const ms = Math.round(reply.elapsedTime * 10) / 10
    log.info(
      { method, path, status: reply.statusCode, ms, ip, user: user?.id ?? loggedUserId, code },
      'request'
    )
  }
}
