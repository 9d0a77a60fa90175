import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { REQUESTS_PER_MINUTE } from '../../src/auth/limits.ts'
import { toClientInfo } from '../../src/http/client-info.ts'
import { getIdempotencyKey } from '../schemas.ts'
import * as schemas from './email-schemas.ts'

/** A stricter limit for routes that check a password or a code, or send a mail. */
const config = { rateLimit: REQUESTS_PER_MINUTE.account }

/** The address of the account: to verify it, to change it, to put it back. */
const emails: FastifyPluginAsyncTypebox = async app => {
  const { authenticate } = app

  app.post(
    '/email/verification',
    { schema: schemas.requestVerification, config, onRequest: authenticate },
    async function requestVerification(request, reply) {
      reply.code(202)
      return app.accounts.requestVerification(request.user, toClientInfo(request))
    }
  )

  app.post(
    '/email/verification/confirm',
    { schema: schemas.confirmVerification, config, onRequest: authenticate },
    async function confirmVerification(request) {
      return app.accounts.confirmVerification(request.user, request.body, toClientInfo(request))
    }
  )

  app.put(
    '/email',
    { schema: schemas.changeEmail, config, onRequest: authenticate },
    async function changeEmail(request, reply) {
      reply.code(202)
      return app.accounts.requestEmailChange(request.user, request.body, toClientInfo(request))
    }
  )

  app.post(
    '/email/confirm',
    { schema: schemas.confirmEmailChange, config, onRequest: authenticate },
    async function confirmEmailChange(request) {
      const idempotencyKey = getIdempotencyKey(request.headers)
      return app.accounts.confirmEmailChange(
        request.user,
        request.body,
        toClientInfo(request),
        idempotencyKey
      )
    }
  )

  app.post(
    '/email/revert',
    { schema: schemas.revertEmail, config },
    async function revertEmail(request, reply) {
      await app.accounts.revertEmail(request.body.token, toClientInfo(request))
      return reply.code(204).send(null)
    }
  )
}

export default emails
