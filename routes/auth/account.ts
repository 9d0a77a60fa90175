import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { REQUESTS_PER_MINUTE } from '../../src/auth/limits.ts'
import type { Config } from '../../src/config/config.ts'
import { toClientInfo } from '../../src/http/client-info.ts'
import { getIdempotencyKey } from '../schemas.ts'
import * as schemas from './account-schemas.ts'
import { createNewPasswordHooks } from './new-password-hooks.ts'

/** A stricter limit for routes that verify a password. */
const config = { rateLimit: REQUESTS_PER_MINUTE.account }

const account: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, options) => {
  app.addHook('onRequest', app.authenticate)

  app.get('/me', { schema: schemas.me }, async function me(request) {
    return request.user
  })

  app.patch('/me', { schema: schemas.renameMe, config }, async function changeUsername(request) {
    return app.accounts.changeUsername(request.user, request.body.username, toClientInfo(request))
  })

  app.delete('/me', { schema: schemas.deleteMe, config }, async function deleteAccount(request, reply) {
    await app.accounts.deleteAccount(request.user, request.body?.password, toClientInfo(request))
    return reply.code(204).send(null)
  })

  app.put(
    '/password',
    { schema: schemas.changePassword(options.config), config, ...createNewPasswordHooks('newPassword') },
    async function changePassword(request) {
      const idempotencyKey = getIdempotencyKey(request.headers)
      return app.accounts.changePassword(request.user, request.body, toClientInfo(request), idempotencyKey)
    }
  )
}

export default account
