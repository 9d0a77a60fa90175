import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { FastifyInstance, RouteOptions } from 'fastify'
import t from 'tap'
import { serve } from '../support/service.ts'

/** The routes that need no access token. HEAD goes with GET. */
const PUBLIC = [
  'GET /',
  'GET /.well-known/jwks.json',
  'GET /.well-known/passkey-endpoints',
  'GET /.well-known/webauthn',
  'GET /account/confirm-email',
  'GET /account/reset-password',
  'GET /account/revert-email',
  'GET /api/limits',
  'GET /docs',
  'GET /docs/',
  'GET /docs/json',
  'GET /docs/static/*',
  'GET /docs/static/index.html',
  'GET /docs/static/swagger-initializer.js',
  'GET /docs/yaml',
  'GET /health/live',
  'GET /health/ready',
  'GET /openapi.json',
  'GET /problems',
  'GET /problems/:code',
  'OPTIONS *',
  'POST /account/confirm-email',
  'POST /account/reset-password',
  'POST /account/revert-email',
  'POST /api/auth/email/revert',
  'POST /api/auth/login',
  'POST /api/auth/login/passkey',
  'POST /api/auth/login/passkey-options',
  'POST /api/auth/login/second-factor',
  'POST /api/auth/logout',
  'POST /api/auth/password/reset',
  'POST /api/auth/password/reset-request',
  'POST /api/auth/refresh',
  'POST /api/auth/register',
  'POST /api/auth/register/confirm',
  'POST /api/auth/register/passkey-options'
]
const ANY_ID = '01a20996-fb6c-78b7-96ed-227b58a269d2'

t.test('[V8.2.1] every route that is not listed as public demands an access token', async t => {
  const routes: RouteOptions[] = []
  // Fastify announces each instance before its first route.
  const collectRoutes = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyInstance }
    fastify.addHook('onRoute', route => {
      routes.push(route)
    })
  }
  subscribe('fastify.initialization', collectRoutes)
  const { app } = await serve(t)
  unsubscribe('fastify.initialization', collectRoutes)

  const found: string[] = []
  for (const { method, url } of routes)
    for (const verb of [method].flat()) {
      const { statusCode, headers } = await app.inject({
        method: verb as 'GET',
        url: url.replaceAll(/:\w+/g, ANY_ID).replace('*', 'any')
      })
      const demandsToken = statusCode === 401 && headers['www-authenticate'] === 'Bearer'
      if (!demandsToken) found.push(`${verb.replace('HEAD', 'GET')} ${url}`)
    }
  t.ok(routes.length > found.length, 'some routes demand a token')
  t.strictSame([...new Set(found)].sort(), PUBLIC)
})
