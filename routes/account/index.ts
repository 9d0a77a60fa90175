import formbody from '@fastify/formbody'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../src/config/config.ts'
import { Problem } from '../../src/problems/problem.ts'
import { MAX_AUTH_BODY } from '../auth/schemas.ts'
import confirmEmail from './confirm-email.ts'
import { parseForm } from './parse-form.ts'
import resetPassword from './reset-password.ts'
import revertEmail from './revert-email.ts'

/**
 * Pages for people who follow the link of a mail and have no app at hand. They need no script. A GET changes nothing, since
 * programs that look for malice follow the links of mails: only the form does, when it is sent.
 */
const account: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  app.removeAllContentTypeParsers()
  await app.register(formbody, { parser: parseForm, bodyLimit: MAX_AUTH_BODY })

  app.addHook('onRequest', async (_request, reply) => {
    if (!config.mail) throw new Problem('mail_not_configured')
    // The address of the page has a token, and the page has a form with it.
    reply.cacheControl('no-store')
  })

  app.register(resetPassword, { config })
  app.register(confirmEmail, { config })
  app.register(revertEmail, { config })
}

export default account
