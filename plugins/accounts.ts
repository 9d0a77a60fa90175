import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type Accounts, createAccounts } from '../src/auth/accounts/accounts.ts'
import type { Config } from '../src/config/config.ts'
import { removeUserRows } from '../src/features.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What people do with their accounts: register, log in, change and delete them. */
    accounts: Accounts
  }
}

async function accounts(app: FastifyInstance, { config }: { config: Config }) {
  const { store, passwordHasher, throttle, sessions, tokens, sealing } = app
  app.decorate(
    'accounts',
    createAccounts({ store, passwordHasher, throttle, sessions, tokens, sealing, config, removeUserRows })
  )
}

export default fp(accounts, {
  name: 'accounts',
  dependencies: ['database', 'password-hasher', 'throttle', 'jwt', 'sessions', 'sealing']
})
