import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { passwordsOf } from '../src/auth/passwords.ts'
import { type Users, usersOf } from '../src/auth/users.ts'
import type { Config } from '../src/config.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Who has an account. */
    users: Users
  }
}

async function users(app: FastifyInstance, { config }: { config: Config }) {
  app.decorate('users', usersOf(app.store, await passwordsOf(config)))
}

export default fp(users, { name: 'users', dependencies: ['store'] })
