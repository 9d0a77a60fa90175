import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { Problem } from '../../src/problems/problem.ts'
import { openProblemResponses } from '../schemas.ts'
import { findUnavailability } from './readiness.ts'

/** Seconds after which a client should ask again. */
const RETRY_AFTER = 5

const HealthDocument = Type.Object(
  { status: Type.Literal('ok') },
  { description: 'Yes.', examples: [{ status: 'ok' }] }
)

const live = {
  operationId: 'getLiveness',
  summary: 'Is the process alive?',
  description: 'For supervisors: restart the service when no answer comes.',
  tags: ['health'],
  response: { 200: HealthDocument, ...openProblemResponses() }
}

const ready = {
  operationId: 'getReadiness',
  summary: 'Can the service answer requests?',
  description: 'For load balancers. The check includes the database.',
  tags: ['health'],
  response: { 200: HealthDocument, ...openProblemResponses('database_unavailable', 'shutting_down') }
}

const health: FastifyPluginAsyncTypebox = async app => {
  // A busy process is alive: a restart would make it slower.
  const config = { rateLimit: false as const, isAlwaysServed: true }

  app.get('/live', { schema: live, config }, async function live() {
    return { status: 'ok' as const }
  })

  app.get('/ready', { schema: ready, config: { rateLimit: false } }, async function ready(request) {
    const code = await findUnavailability(request)
    if (code) throw new Problem(code, { retryAfter: RETRY_AFTER })
    return { status: 'ok' as const }
  })
}

export default health
