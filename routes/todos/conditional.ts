import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { Config } from '../../src/config.ts'
import { type Precondition, preconditionOf } from '../../src/preconditions.ts'
import type { Todo } from '../../src/todos/todo.ts'

/** Says what a request demands of the todo that it is to change. */
export const preconditionsOf =
  ({ REQUIRE_IF_MATCH }: Config) =>
  ({ headers }: { headers: IncomingHttpHeaders }): Precondition =>
    preconditionOf(headers['if-match'], headers['if-none-match'], REQUIRE_IF_MATCH === 'on')

/** A todo as an answer, which is named by its entity tag. */
export function shown(todo: Todo, reply: FastifyReply): Todo {
  reply.header('etag', todo.etag)
  return todo
}
