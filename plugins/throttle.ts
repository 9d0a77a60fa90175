import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createThrottle, type Throttle } from '../src/auth/throttling/throttle.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Slows down the guessing of passwords, wherever one is verified. */
    throttle: Throttle
  }
}

async function throttle(app: FastifyInstance) {
  app.decorate('throttle', createThrottle(app.store))
}

export default fp(throttle, { name: 'throttle', dependencies: ['database'] })
