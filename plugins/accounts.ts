import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type Accounts, createAccounts } from '../src/auth/accounts/accounts.ts'
import type { Config } from '../src/config/config.ts'
import { removeUserRows } from '../src/features.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What owners do with their accounts. */
    accounts: Accounts
  }
}

async function accounts(app: FastifyInstance, { config }: { config: Config }) {
  app.decorate(
    'accounts',
    createAccounts(app.store, app.passwordHasher, app.throttle, app.tokens, config, removeUserRows)
  )
}

export default fp(accounts, {
  name: 'accounts',
  dependencies: ['database', 'password-hasher', 'throttle', 'jwt']
})
