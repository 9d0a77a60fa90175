import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { toRequestPath } from '../../src/http/request-path.ts'

/**
 * Logs one line for each request: who, what, and how it ended. That is the user's id, once that is known, and the code of the
 * problem that was answered, by which sign-ins, refusals and attacks are told apart; never what somebody has typed.
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
