import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { toStepTime } from '../../../src/auth/factors/codes/totp.ts'
import type { TotpFactorRow } from '../../../src/auth/factors/tables.ts'
import { REQUESTS_PER_MINUTE } from '../../../src/auth/limits.ts'
import { toClientInfo } from '../../../src/http/client-info.ts'
import * as schemas from './schemas.ts'

/** A stricter limit for routes that verify a code. */
const config = { rateLimit: REQUESTS_PER_MINUTE.account }

/** The second factors of the signed-in user, but for passkeys. */
const factors: FastifyPluginAsyncTypebox = async app => {
  app.addHook('onRequest', app.authenticate)

  app.get('/factors', { schema: schemas.listFactors }, async function list(request) {
    const { items, recoveryCodesLeft } = await app.factors.list(request.user.id)
    return { items: items.map(toDocument), recoveryCodesLeft }
  })

  app.post('/factors/totp', { schema: schemas.beginTotp, config }, async function begin(request, reply) {
    const factor = await app.factors.beginTotp(request.user)
    reply.code(201)
    return factor
  })

  app.post(
    '/factors/totp/:id/confirm',
    { schema: schemas.confirmTotp, config },
    async function confirm(request) {
      const { user, params, body } = request
      const { factor, recoveryCodes } = await app.factors.confirmTotp(
        user,
        params.id,
        body.code,
        toClientInfo(request)
      )
      return { ...toDocument(factor), ...(recoveryCodes && { recoveryCodes: [...recoveryCodes] }) }
    }
  )

  app.delete('/factors/:id', { schema: schemas.deleteFactor, config }, async function remove(request, reply) {
    await app.factors.remove(request.user, request.params.id, toClientInfo(request))
    return reply.code(204).send(null)
  })

  app.post(
    '/recovery-codes',
    { schema: schemas.replaceRecoveryCodes, config },
    async function replace(request) {
      const codes = await app.factors.replaceRecoveryCodes(request.user, toClientInfo(request))
      return { recoveryCodes: [...codes] }
    }
  )
}

const toDocument = ({ id, createdAt, confirmedAt, lastStep }: TotpFactorRow) => ({
  id,
  type: 'totp' as const,
  createdAt,
  confirmedAt,
  // The step of the first code began before it was confirmed.
  lastUsedAt: confirmedAt && max(confirmedAt, toStepTime(lastStep))
})

const max = (one: Date, other: Date) => (one > other ? one : other)

export default factors
