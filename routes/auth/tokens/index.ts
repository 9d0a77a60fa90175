import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { REQUESTS_PER_MINUTE } from '../../../src/auth/limits.ts'
import { toClientInfo } from '../../../src/http/client-info.ts'
import { validationFailed } from '../../../src/problems/problem.ts'
import * as schemas from './schemas.ts'

/** Personal access tokens: made and revoked by whoever is signed in. */
const tokens: FastifyPluginAsyncTypebox = async app => {
  app.addHook('onRequest', app.authenticate)

  app.get('', { schema: schemas.list }, async function list(request) {
    return { items: await app.personalAccessTokens.list(request.user.id) }
  })

  app.post(
    '',
    { schema: schemas.create, config: { rateLimit: REQUESTS_PER_MINUTE.account } },
    async function create(request, reply) {
      if (request.headers['idempotency-key'] !== undefined) throw validationFailed(unrepeatable)
      const token = await app.personalAccessTokens.create(request.user, request.body, toClientInfo(request))
      reply.code(201).header('location', `/api/auth/tokens/${token.id}`)
      return token
    }
  )

  app.get('/:id', { schema: schemas.read }, async function read(request) {
    return app.personalAccessTokens.get(request.user.id, request.params.id)
  })

  app.delete('/:id', { schema: schemas.revoke }, async function revoke(request, reply) {
    await app.personalAccessTokens.revoke(request.user, request.params.id, toClientInfo(request))
    return reply.code(204).send(null)
  })
}

const unrepeatable = {
  parameter: 'Idempotency-Key',
  detail:
    'is not taken here, since a token is shown once; leave it out, and if the answer gets lost, delete the token and make another'
}

export default tokens
