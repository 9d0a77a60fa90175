import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { createUsers, type Users } from '../src/auth/accounts/users.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Who has an account. */
    users: Users
  }
}

async function users(app: FastifyInstance) {
  app.decorate('users', createUsers(app.store, app.passwordHasher, app.throttle))
}

export default fp(users, { name: 'users', dependencies: ['database', 'password-hasher', 'throttle'] })
