import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type Events, eventsOf } from '../src/auth/events.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What happened to accounts. */
    events: Events
  }
}

async function events(app: FastifyInstance) {
  app.decorate('events', eventsOf(app.store))
}

export default fp(events, { name: 'events', dependencies: ['store'] })
