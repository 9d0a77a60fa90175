import type { FastifyRequest } from 'fastify'
import type { ClientInfo } from '../../src/auth/audit/audit-log.ts'

/** The longest user agent that is kept, in characters; real ones are shorter. */
const MAX_USER_AGENT = 512

/** Where a request comes from: behind a trusted proxy, the address that the proxy names. */
export const toClientInfo = ({ ip, headers }: FastifyRequest): ClientInfo => ({
  ip,
  userAgent: headers['user-agent']?.slice(0, MAX_USER_AGENT) ?? null
})
