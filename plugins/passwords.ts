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

export interface PasswordsOptions {
  readonly config: Config
  /** How many of them are for hashing, at the most. */
  readonly cores: number
}

async function passwords(app: FastifyInstance, { config, cores }: PasswordsOptions) {
  app.decorate('passwords', await passwordsOf(config, cores))
}

export default fp(passwords, { name: 'passwords' })
