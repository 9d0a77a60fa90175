import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../src/config.ts'
import { PER_MINUTE } from '../../src/limits.ts'
import { keyIn } from '../schemas.ts'
import * as schemas from './account-schemas.ts'
import { deviceOf } from './device.ts'
import { newPasswordIn } from './new-password.ts'

/** A stricter limit for what verifies a password. */
const config = { rateLimit: PER_MINUTE.account }

const account: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, options) => {
  app.addHook('onRequest', app.authenticate)

  app.get('/me', { schema: schemas.me }, async function me(request) {
    return request.user
  })

  app.patch('/me', { schema: schemas.renameMe, config }, async function rename(request) {
    return app.accounts.rename(request.user, request.body.username, deviceOf(request))
  })

  app.delete('/me', { schema: schemas.deleteMe, config }, async function remove(request, reply) {
    await app.accounts.remove(request.user, request.body.password, deviceOf(request))
    return reply.code(204).send(null)
  })

  app.put(
    '/password',
    { schema: schemas.changePassword(options.config), config, ...newPasswordIn('newPassword') },
    async function changePassword(request) {
      const change = { ...request.body, idempotencyKey: keyIn(request.headers) }
      return app.accounts.changePassword(request.user, change, deviceOf(request))
    }
  )
}

export default account
