import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { REQUESTS_PER_MINUTE } from '../../src/auth/limits.ts'
import { toClientInfo } from '../../src/http/client-info.ts'
import * as schemas from './reauthentication-schemas.ts'

/** A stricter limit for what verifies a password. */
const config = { rateLimit: REQUESTS_PER_MINUTE.account }

const reauthentication: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '/reauthenticate',
    { schema: schemas.reauthenticate, config, onRequest: app.authenticate },
    async function reauthenticate(request) {
      return app.accounts.reauthenticate(request.user, request.body, toClientInfo(request))
    }
  )
}

export default reauthentication
