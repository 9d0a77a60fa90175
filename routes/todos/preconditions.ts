import type { IncomingHttpHeaders } from 'node:http'
import type { Config } from '../../src/config.ts'
import { type Precondition, preconditionOf } from '../../src/preconditions.ts'

/** Says what a request demands of the todo that it is to change. */
export const preconditionsOf =
  ({ REQUIRE_IF_MATCH }: Config) =>
  ({ headers }: { headers: IncomingHttpHeaders }): Precondition =>
    preconditionOf(headers['if-match'], headers['if-none-match'], REQUIRE_IF_MATCH === 'on')
