import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createFactors, type Factors } from '../../src/auth/factors/factors.ts'
import type { Config } from '../../src/config/config.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What people do with their second factors. */
    factors: Factors
  }
}

async function factors(app: FastifyInstance, { config }: { config: Config }) {
  const { store, sealing, throttle, sessions, tokens } = app
  app.decorate('factors', createFactors({ store, sealing, throttle, sessions, tokens, config }))
}

export default fp(factors, {
  name: 'factors',
  dependencies: ['database', 'sealing', 'throttle', 'sessions', 'jwt']
})
