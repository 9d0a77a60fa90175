import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { REQUESTS_PER_MINUTE } from '../../../src/auth/limits.ts'
import { toClientInfo } from '../../../src/http/client-info.ts'
import * as schemas from './schemas.ts'

const config = { rateLimit: REQUESTS_PER_MINUTE.login }

/** The second half of a sign-in. */
const secondFactorLogin: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '/login/second-factor',
    { schema: schemas.loginWithSecondFactor, config },
    async function loginWithSecondFactor(request) {
      const pair = await app.factors.loginWithSecondFactor(request.body, toClientInfo(request))
      request.loggedUserId = pair.user.id
      return pair
    }
  )
}

export default secondFactorLogin
