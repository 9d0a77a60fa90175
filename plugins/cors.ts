import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type Config, listOf } from '../src/config.ts'

/** Seconds for which a browser may remember the answer to a preflight. */
const PREFLIGHT_MAX_AGE = 600

/** Joined here, not for each answer. */
const EXPOSED = [
  'Content-Disposition',
  'ETag',
  'Idempotent-Replayed',
  'Link',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id'
].join(', ')

/** Lets pages of other origins call the service. Tokens travel in headers, never in cookies, so any origin is safe. */
async function crossOrigin(app: FastifyInstance, { config }: { config: Config }) {
  await app.register(cors, {
    origin: config.CORS_ORIGIN === '*' ? '*' : listOf(config.CORS_ORIGIN),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: EXPOSED,
    maxAge: PREFLIGHT_MAX_AGE,
    strictPreflight: false
  })
}

export default fp(crossOrigin, { name: 'cors' })
