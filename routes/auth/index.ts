import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { bearerToken } from '../../src/auth/bearer.ts'
import type { Config } from '../../src/config.ts'
import * as schemas from './schemas.ts'

/** A stricter limit for what guesses, hashes or tells whether an account exists. */
const limited = (max: number) => ({ rateLimit: { max, timeWindow: '1 minute' } })

const auth: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  // Every answer here has a token in it or is about one (OAuth 2.1, section 3.2.3).
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
  })

  app.post(
    '/register',
    { schema: schemas.register(config), config: limited(20) },
    async function register(request, reply) {
      const user = await app.users.register(request.body)
      reply.code(201).header('location', '/api/auth/me')
      return app.sessions.start(user)
    }
  )

  app.post('/login', { schema: schemas.login, config: limited(30) }, async function login(request) {
    const user = await app.users.authenticate(request.body.email, request.body.password)
    return app.sessions.start(user)
  })

  app.post('/refresh', { schema: schemas.refresh, config: limited(120) }, async function refresh(request) {
    return app.sessions.refresh(request.body.accessToken, request.body.refreshToken)
  })

  app.post('/logout', { schema: schemas.logout }, async function logout(request, reply) {
    await app.sessions.end(bearerToken(request.headers.authorization), request.body?.scope ?? 'local')
    return reply.code(204).send(null)
  })

  app.get('/me', { schema: schemas.me, onRequest: app.authenticate }, async function me(request) {
    return request.user
  })
}

export default auth
