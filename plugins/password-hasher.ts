import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createPasswordHasher, type PasswordHasher } from '../src/auth/passwords/password-hasher.ts'
import type { Config } from '../src/config/config.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Hashes and verifies passwords in one queue. */
    passwordHasher: PasswordHasher
  }
}

export interface PasswordHasherOptions {
  readonly config: Config
  /** How many cores may hash at the same time. */
  readonly cores: number
}

async function passwordHasher(app: FastifyInstance, { config, cores }: PasswordHasherOptions) {
  app.decorate('passwordHasher', await createPasswordHasher(config, cores))
}

export default fp(passwordHasher, { name: 'password-hasher' })
