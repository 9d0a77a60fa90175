import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import {
  createPersonalAccessTokens,
  type PersonalAccessTokens
} from '../../src/auth/personal-access-tokens/personal-access-tokens.ts'
import type { Config } from '../../src/config/config.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Tokens for programs that act for a user. */
    personalAccessTokens: PersonalAccessTokens
  }
}

async function personalAccessTokens(app: FastifyInstance, { config }: { config: Config }) {
  const tokens = createPersonalAccessTokens({
    store: app.store,
    config,
    onUseNotRecorded: error =>
      app.log.warn({ err: error }, 'The last use of a personal access token was not recorded')
  })
  app.decorate('personalAccessTokens', tokens)
  // Before the database closes.
  app.addHook('onClose', tokens.drain)
}

export default fp(personalAccessTokens, { name: 'personal-access-tokens', dependencies: ['database'] })
