import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { REQUESTS_PER_MINUTE } from '../../src/auth/limits.ts'
import type { Config } from '../../src/config/config.ts'
import { parseBearerToken } from '../../src/http/bearer.ts'
import { getIdempotencyKey } from '../schemas.ts'
import account from './account.ts'
import { toClientInfo } from './client-info.ts'
import { createNewPasswordHooks } from './new-password-hooks.ts'
import * as schemas from './schemas.ts'
import sessions from './sessions.ts'

/** A stricter limit for what guesses, hashes or tells whether an account exists. */
const toRateLimitConfig = (maxPerMinute: number) => ({ rateLimit: maxPerMinute })

const auth: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  app.addHook('onRoute', route => {
    route.bodyLimit ??= schemas.MAX_AUTH_BODY
  })
  // Every answer here has a token in it or is about one (OAuth 2.1, section 3.2.3).
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
      const user = await app.users.register(request.body)
      request.signedInUserId = user.id
      reply.code(201).header('location', '/api/auth/me')
      return app.sessions.start(user, toClientInfo(request), 'account_created')
    }
  )

  app.post(
    '/login',
    {
      schema: schemas.login(config),
      config: toRateLimitConfig(REQUESTS_PER_MINUTE.login),
      ...createNewPasswordHooks('newPassword')
    },
    async function login(request) {
      const { email, password, newPassword } = request.body
      const client = toClientInfo(request)
      return app.users.login(
        email,
        password,
        client,
        (user, clearFailures) => {
          request.signedInUserId = user.id
          return app.sessions.start(user, client, 'signed_in', [clearFailures])
        },
        newPassword
      )
    }
  )

  app.post(
    '/refresh',
    { schema: schemas.refresh, config: toRateLimitConfig(REQUESTS_PER_MINUTE.refresh) },
    async function refresh(request) {
      const idempotencyKey = getIdempotencyKey(request.headers)
      const pair = await app.sessions.refresh({
        ...request.body,
        idempotencyKey,
        client: toClientInfo(request)
      })
      request.signedInUserId = pair.user.id
      return pair
    }
  )

  app.post('/logout', { schema: schemas.logout }, async function logout(request, reply) {
    const token = parseBearerToken(request.headers.authorization)
    request.signedInUserId = await app.sessions.logout(
      token,
      request.body?.scope ?? 'local',
      toClientInfo(request)
    )
    return reply.code(204).send(null)
  })

  app.register(account, { config })
  app.register(sessions)
}

export default auth
