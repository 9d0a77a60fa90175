import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type Passwords, passwordsOf } from '../src/auth/passwords.ts'
import type { Config } from '../src/config.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Hashes and verifies passwords, one queue for all. */
    passwords: Passwords
  }
}

async function passwords(app: FastifyInstance, { config }: { config: Config }) {
  app.decorate('passwords', await passwordsOf(config))
}

export default fp(passwords, { name: 'passwords' })
