import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { passwordsOf } from '../src/auth/passwords.ts'
import { type Sessions, sessionsOf } from '../src/auth/sessions.ts'
import { type Users, usersOf } from '../src/auth/users.ts'
import type { Config } from '../src/config.ts'

declare module 'fastify' {
  interface FastifyInstance {
    users: Users
    sessions: Sessions
  }
}

/** Who has an account, and who is signed in. */
async function accounts(app: FastifyInstance, { config }: { config: Config }) {
  app.decorate('users', usersOf(app.store, await passwordsOf(config)))
  app.decorate('sessions', sessionsOf(app.store, app.tokens, config))
}

export default fp(accounts, { name: 'accounts', dependencies: ['store', 'tokens'] })
