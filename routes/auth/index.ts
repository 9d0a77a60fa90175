import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { bearerToken } from '../../src/auth/bearer.ts'
import type { Config } from '../../src/config.ts'
import { PER_MINUTE } from '../../src/limits.ts'
import { keyIn } from '../schemas.ts'
import account from './account.ts'
import { deviceOf } from './device.ts'
import { newPasswordIn } from './new-password.ts'
import * as schemas from './schemas.ts'
import sessions from './sessions.ts'

/** A stricter limit for what guesses, hashes or tells whether an account exists. */
const limited = (most: number) => ({ rateLimit: most })

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
    { schema: schemas.register(config), config: limited(PER_MINUTE.register), ...newPasswordIn('password') },
    async function register(request, reply) {
      const user = await app.users.register(request.body)
      request.signedIn = user.id
      reply.code(201).header('location', '/api/auth/me')
      return app.sessions.start(user, deviceOf(request), 'account_created')
    }
  )

  app.post(
    '/login',
    { schema: schemas.login(config), config: limited(PER_MINUTE.login), ...newPasswordIn('newPassword') },
    async function login(request) {
      const { email, password, newPassword } = request.body
      const device = deviceOf(request)
      return app.users.authenticate(
        email,
        password,
        device,
        (user, forgiving) => {
          request.signedIn = user.id
          return app.sessions.start(user, device, 'signed_in', [forgiving])
        },
        newPassword
      )
    }
  )

  app.post(
    '/refresh',
    { schema: schemas.refresh, config: limited(PER_MINUTE.refresh) },
    async function refresh(request) {
      const idempotencyKey = keyIn(request.headers)
      const pair = await app.sessions.refresh({ ...request.body, idempotencyKey, device: deviceOf(request) })
      request.signedIn = pair.user.id
      return pair
    }
  )

  app.post('/logout', { schema: schemas.logout }, async function logout(request, reply) {
    const token = bearerToken(request.headers.authorization)
    request.signedIn = await app.sessions.logout(token, request.body?.scope ?? 'local', deviceOf(request))
    return reply.code(204).send(null)
  })

  app.register(account, { config })
  app.register(sessions)
}

export default auth
