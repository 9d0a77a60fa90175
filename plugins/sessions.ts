import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createSessions, type Sessions } from '../src/auth/sessions/sessions.ts'
import type { Config } from '../src/config/config.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Sessions, from sign-in to end. */
    sessions: Sessions
  }
}

async function sessions(app: FastifyInstance, { config }: { config: Config }) {
  app.decorate('sessions', createSessions(app.store, app.tokens, config))
}

export default fp(sessions, { name: 'sessions', dependencies: ['database', 'jwt'] })
