import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { REQUESTS_PER_MINUTE } from '../../src/auth/limits.ts'
import type { Config } from '../../src/config/config.ts'
import { toClientInfo } from '../../src/http/client-info.ts'
import * as schemas from './email-schemas.ts'
import { createNewPasswordHooks } from './new-password-hooks.ts'

/** A stricter limit for routes that send a mail or hash a password. */
const config = { rateLimit: REQUESTS_PER_MINUTE.account }

/** The way back into an account whose password is forgotten. */
const recovery: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, options) => {
  app.post(
    '/password/reset-request',
    { schema: schemas.requestPasswordReset, config },
    async function requestPasswordReset(request, reply) {
      await app.accounts.requestReset(request.body.email, toClientInfo(request))
      return reply.code(202).send({})
    }
  )

  app.post(
    '/password/reset',
    { schema: schemas.resetPassword(options.config), config, ...createNewPasswordHooks('newPassword') },
    async function resetPassword(request, reply) {
      await app.accounts.resetPassword(request.body, toClientInfo(request))
      return reply.code(204).send(null)
    }
  )
}

export default recovery
