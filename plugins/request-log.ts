import { type FastifyReply, type FastifyRequest, LogController } from 'fastify'

/** Logs one line for each request. The query is left out: people put secrets there, though it is no place for them. */
export class RequestLog extends LogController {
  override incomingRequest() {}

  override requestCompleted(_error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply) {
    const { url } = request
    const query = url.indexOf('?')
    const path = query < 0 ? url : url.slice(0, query)
    const ms = Math.round(reply.elapsedTime * 10) / 10
    request.log.info(
      { method: request.method, path, status: reply.statusCode, ms, ip: request.ip },
      'request'
    )
  }
}
