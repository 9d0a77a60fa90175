import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { Config } from '../../src/config/config.ts'
import { createPrecondition, type Precondition } from '../../src/http/preconditions.ts'
import type { IdempotentResult } from '../../src/idempotency/idempotency.ts'
import type { Todo } from '../../src/todos/todo.ts'

/**
 * Makes the precondition of a request from its headers and from an `etag` in its body.
 * @throws {Problem} from the precondition: `precondition_failed` or `precondition_required`
 */
export const createPreconditionFactory =
  ({ requiresIfMatch }: Config) =>
  ({ headers }: { headers: IncomingHttpHeaders }, etag?: string): Precondition => {
    const isRequired = requiresIfMatch && etag === undefined
    const checkHeaders = createPrecondition(headers['if-match'], headers['if-none-match'], isRequired)
    const checkBody = createPrecondition(etag, undefined, false)
    return resource => {
      checkHeaders(resource)
      checkBody(resource)
    }
  }

/** Sets the ETag of an answer that is a todo. */
export function setEtag(todo: Todo, reply: FastifyReply): Todo {
  reply.header('etag', todo.etag)
  return todo
}

/** Sets the ETag of an answer to a request that takes effect once, and says whether it did so before. */
export function setResultHeaders({ answer, isReplay }: IdempotentResult<Todo>, reply: FastifyReply): Todo {
  if (isReplay) reply.header('idempotent-replayed', 'true')
  return setEtag(answer, reply)
}
