import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../../src/config/config.ts'
import { toOriginPattern } from '../../src/http/origins.ts'

/** Seconds for which a browser may cache the answer to a preflight. */
const PREFLIGHT_MAX_AGE = 600

/** Headers that a page may read beside the few that browsers always show. Joined once, not for each answer. */
const EXPOSED_HEADERS = [
  'Accept',
  'Accept-Encoding',
  'Accept-Patch',
  'Allow',
  'Content-Disposition',
  'ETag',
  'Idempotent-Replayed',
  'Link',
  'Location',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id'
].join(', ')

/** The origins whose pages may call the service, from CORS_ORIGIN: `*`, or a list of names and patterns. */
const getAllowedOrigins = ({ cors: { origins } }: Config) =>
  origins === '*' ? '*' : origins.map(toOriginPattern)

/** Lets pages of other origins call the service. Tokens travel in headers, never in cookies, so any origin is safe. */
async function corsHeaders(app: FastifyInstance, { config }: { config: Config }) {
  await app.register(cors, {
    origin: getAllowedOrigins(config),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: PREFLIGHT_MAX_AGE,
    strictPreflight: false
  })
}

/**
 * Creates the CORS headers of an answer that bypasses the plugin.
 * @returns a function from the page's origin, if known, to the headers
 */
export function createCorsHeaders(config: Config) {
  const origins = getAllowedOrigins(config)
  return (origin: string | undefined): Record<string, string> => {
    const exposed = { 'access-control-expose-headers': EXPOSED_HEADERS }
    if (origins === '*') return { 'access-control-allow-origin': '*', ...exposed }
    const isAllowed = origins.some(allowedOrigin =>
      allowedOrigin instanceof RegExp ? allowedOrigin.test(origin ?? '') : allowedOrigin === origin
    )
    return { vary: 'Origin', ...exposed, ...(isAllowed && { 'access-control-allow-origin': `${origin}` }) }
  }
}

export default fp(corsHeaders, { name: 'cors' })
