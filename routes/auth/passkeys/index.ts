import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { REQUESTS_PER_MINUTE } from '../../../src/auth/limits.ts'
import { describeAuthenticator } from '../../../src/auth/passkeys/devices.ts'
import type { PasskeyRow } from '../../../src/auth/passkeys/tables.ts'
import { toClientInfo } from '../../../src/http/client-info.ts'
import * as schemas from './schemas.ts'

/** A stricter limit for routes that verify a signature. */
const config = { rateLimit: REQUESTS_PER_MINUTE.account }
const loginConfig = { rateLimit: REQUESTS_PER_MINUTE.login }

const passkeys: FastifyPluginAsyncTypebox = async app => {
  const { authenticate, accounts } = app

  app.post(
    '/passkeys/registration-options',
    { schema: schemas.createOptions, config, onRequest: authenticate },
    async function createOptions(request) {
      return accounts.passkeys.createPasskeyOptions(request.user)
    }
  )

  app.post(
    '/passkeys',
    { schema: schemas.addPasskey, config, onRequest: authenticate },
    async function addPasskey(request, reply) {
      const { passkey, ...recoveryCodes } = await accounts.passkeys.addPasskey(
        request.user,
        request.body,
        toClientInfo(request)
      )
      reply.code(201).header('location', `/api/auth/passkeys/${passkey.id}`)
      return { ...toDocument(passkey), ...recoveryCodes }
    }
  )

  app.get(
    '/passkeys',
    { schema: schemas.listPasskeys, onRequest: authenticate },
    async function listPasskeys(request) {
      const items = await accounts.passkeys.listPasskeys(request.user.id)
      return { items: items.map(toDocument) }
    }
  )

  app.patch(
    '/passkeys/:id',
    { schema: schemas.patchPasskey, onRequest: authenticate },
    async function patchPasskey(request) {
      return toDocument(await accounts.passkeys.patchPasskey(request.user, request.params.id, request.body))
    }
  )

  app.delete(
    '/passkeys/:id',
    { schema: schemas.removePasskey, config, onRequest: authenticate },
    async function removePasskey(request, reply) {
      await accounts.passkeys.removePasskey(request.user, request.params.id, toClientInfo(request))
      return reply.code(204).send(null)
    }
  )

  app.post(
    '/register/passkey-options',
    { schema: schemas.createSignUpOptions, config: { rateLimit: REQUESTS_PER_MINUTE.register } },
    async function createSignUpOptions(request) {
      return accounts.createSignUpOptions(request.body)
    }
  )

  app.post(
    '/login/passkey-options',
    { schema: schemas.createSignInOptions, config: loginConfig },
    async function createSignInOptions() {
      return accounts.passkeys.createSignInOptions()
    }
  )

  app.post('/login/passkey', { schema: schemas.signIn, config: loginConfig }, async function signIn(request) {
    const pair = await accounts.passkeys.signIn(request.body, toClientInfo(request))
    request.loggedUserId = pair.user.id
    return pair
  })
}

const toDocument = ({ isBackedUp, ...passkey }: PasskeyRow) => ({
  ...passkey,
  device: describeAuthenticator(passkey),
  backedUp: isBackedUp
})

export default passkeys
