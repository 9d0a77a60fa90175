import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { pathOf } from '../src/request-path.ts'

/** Logs one line for each request. */
export class RequestLog extends LogController {
  override incomingRequest() {}

  override requestCompleted(_error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply) {
    const path = pathOf(request.originalUrl)
    const ms = Math.round(reply.elapsedTime * 10) / 10
    request.log.info(
      { method: request.method, path, status: reply.statusCode, ms, ip: request.ip },
      'request'
    )
  }
}
