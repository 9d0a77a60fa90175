import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type Users, usersOf } from '../src/auth/users.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Who has an account. */
    users: Users
  }
}

async function users(app: FastifyInstance) {
  app.decorate('users', usersOf(app.store, app.passwords, app.throttle))
}

export default fp(users, { name: 'users', dependencies: ['store', 'passwords', 'throttle'] })
