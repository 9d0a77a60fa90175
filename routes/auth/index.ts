import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { REQUESTS_PER_MINUTE } from '../../src/auth/limits.ts'
import { isPersonalAccessToken } from '../../src/auth/personal-access-tokens/token-text.ts'
import type { Config } from '../../src/config/config.ts'
import { parseBearerToken } from '../../src/http/bearer.ts'
import { toClientInfo } from '../../src/http/client-info.ts'
import { getIdempotencyKey } from '../schemas.ts'
import account from './account.ts'
import emails from './emails.ts'
import factors from './factors/index.ts'
import secondFactorLogin from './factors/login.ts'
import { createNewPasswordHooks } from './new-password-hooks.ts'
import passkeys from './passkeys/index.ts'
import reauthentication from './reauthentication.ts'
import recovery from './recovery.ts'
import * as schemas from './schemas.ts'
import sessions from './sessions.ts'
import tokens from './tokens/index.ts'

/** A stricter limit for routes that guess or hash a password, or that tell whether an account exists. */
const toRateLimitConfig = (maxPerMinute: number) => ({ rateLimit: maxPerMinute })

const auth: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  app.addHook('onRoute', route => {
    route.bodyLimit ??= schemas.MAX_AUTH_BODY
  })
  // Every answer here carries a token or is about one (OAuth 2.1, section 3.2.3).
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
  })

  app.post(
    '/register',
    {
      schema: schemas.register(config),
      config: toRateLimitConfig(REQUESTS_PER_MINUTE.register),
      ...createNewPasswordHooks('password')
    },
    async function register(request, reply) {
      if (config.signUp === 'verified' && request.body.invitation === undefined) {
        reply.code(202)
        return app.accounts.startRegistration(request.body, toClientInfo(request))
      }
      const pair = await app.accounts.register(request.body, toClientInfo(request))
      request.loggedUserId = pair.user.id
      reply.code(201).header('location', '/api/auth/me')
      return pair
    }
  )

  app.post(
    '/register/confirm',
    { schema: schemas.confirmRegistration, config: toRateLimitConfig(REQUESTS_PER_MINUTE.login) },
    async function confirmRegistration(request, reply) {
      const pair = await app.accounts.confirmRegistration(request.body, toClientInfo(request))
      request.loggedUserId = pair.user.id
      reply.code(201).header('location', '/api/auth/me')
      return pair
    }
  )

  app.post(
    '/login',
    { schema: schemas.login, config: toRateLimitConfig(REQUESTS_PER_MINUTE.login) },
    async function login(request) {
      const pair = await app.accounts.login(request.body, toClientInfo(request))
      request.loggedUserId = pair.user.id
      return pair
    }
  )

  app.post(
    '/refresh',
    { schema: schemas.refresh, config: toRateLimitConfig(REQUESTS_PER_MINUTE.refresh) },
    async function refresh(request) {
      const { accessToken, refreshToken } = request.body
      const pair = await app.sessions.refresh({
        accessToken,
        refreshToken,
        idempotencyKey: getIdempotencyKey(request.headers),
        client: toClientInfo(request)
      })
      request.loggedUserId = pair.user.id
      return pair
    }
  )

  app.post('/logout', { schema: schemas.logout }, async function logout(request, reply) {
    const token = parseBearerToken(request.headers.authorization)
    const scope = request.body?.scope ?? 'local'
    // Such a token has no session. A script that thinks it has ended the token is told that it has not.
    if (token !== undefined && isPersonalAccessToken(token))
      await app.personalAccessTokens.authenticate(token, undefined)
    request.loggedUserId = await app.sessions.logout(token, scope, toClientInfo(request))
    return reply.code(204).send(null)
  })

  app.register(account, { config })
  app.register(emails)
  app.register(passkeys)
  app.register(reauthentication)
  app.register(recovery, { config })
  app.register(sessions)
  app.register(secondFactorLogin)
  app.register(factors)
  app.register(tokens, { prefix: '/tokens' })
}

export default auth
