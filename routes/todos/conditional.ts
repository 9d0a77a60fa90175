import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { Config } from '../../src/config.ts'
import { type Precondition, preconditionOf } from '../../src/preconditions.ts'
import type { Todo } from '../../src/todos/todo.ts'

/** Says what a request demands of the todo that it is to change, by its headers and by an `etag` in its body. */
export const preconditionsOf =
  ({ REQUIRE_IF_MATCH }: Config) =>
  ({ headers }: { headers: IncomingHttpHeaders }, etag?: string): Precondition => {
    const isRequired = REQUIRE_IF_MATCH === 'on' && etag === undefined
    const byHeaders = preconditionOf(headers['if-match'], headers['if-none-match'], isRequired)
    const byBody = preconditionOf(etag, undefined, false)
    return present => {
      byHeaders(present)
      byBody(present)
    }
  }

/** A todo as an answer, which is named by its entity tag. */
export function shown(todo: Todo, reply: FastifyReply): Todo {
  reply.header('etag', todo.etag)
  return todo
}
