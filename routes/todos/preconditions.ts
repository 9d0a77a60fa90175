import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { Config } from '../../src/config/config.ts'
import { createPrecondition, type Precondition } from '../../src/http/preconditions.ts'
import type { Todo } from '../../src/todos/todo.ts'

/** Says what a request demands of the todo that it is to change, by its headers and by an `etag` in its body. */
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

/** A todo as an answer, which is named by its entity tag. */
export function setEtag(todo: Todo, reply: FastifyReply): Todo {
  reply.header('etag', todo.etag)
  return todo
}
