import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { problemResponses } from '../schemas.ts'

/** Seconds for which browsers and password managers may cache what the settings say. */
const MAX_AGE = 300

const tags = ['passkeys']

const getRelatedOrigins = {
  operationId: 'getRelatedOrigins',
  summary: 'Get the origins that may use passkeys',
  description:
    'The list by which browsers let pages of other domains use the passkeys of this one (WebAuthn Level 3, section 5.11.1). They ' +
    'look for it at the domain that passkeys belong to.',
  tags,
  response: {
    200: Type.Object(
      { origins: Type.Array(Type.String({ description: 'an origin' })) },
      { description: 'The origins.', examples: [{ origins: ['https://example.com'] }] }
    ),
    ...problemResponses('passkeys_not_configured')
  }
}

const getPasskeyEndpoints = {
  operationId: 'getPasskeyEndpoints',
  summary: 'Get the pages about passkeys',
  description:
    'Tells password managers that passkeys are taken, and where people make them and look after them (W3C, A Well-Known URL for ' +
    'Relying Party Passkey Endpoints). The pages are those of `PASSKEY_ENROLL_URL` and `PASSKEY_MANAGE_URL`.',
  tags,
  response: {
    200: Type.Object(
      {
        enroll: Type.Optional(Type.String({ description: 'where a passkey is made' })),
        manage: Type.Optional(Type.String({ description: 'where passkeys are looked after' }))
      },
      { description: 'The pages; none that the service does not know of.', examples: [{}] }
    ),
    ...problemResponses('passkeys_not_configured')
  }
}

const passkeys: FastifyPluginAsyncTypebox = async app => {
  app.get('/webauthn', { schema: getRelatedOrigins }, async function getRelatedOrigins(_request, reply) {
    const { origins } = app.accounts.passkeys.getConfig()
    reply.cacheControl('public').maxAge(MAX_AGE)
    return { origins: origins.filter(origin => origin.startsWith('http')) }
  })

  app.get(
    '/passkey-endpoints',
    { schema: getPasskeyEndpoints },
    async function getPasskeyEndpoints(_request, reply) {
      reply.cacheControl('public').maxAge(MAX_AGE)
      return app.accounts.passkeys.getConfig().pages
    }
  )
}

export default passkeys
