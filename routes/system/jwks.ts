import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { StringEnum } from '../../src/http/schemas/types.ts'
import { openProblemResponses } from '../schemas.ts'

/**
 * Seconds for which clients may cache the key set: the default lifetime of an access token. A new key must be published for
 * at least this time before it signs, so that every cached key set contains the key of every token.
 */
const MAX_AGE = 300

/** The serializer drops every other member, so a private member can never be sent. */
const PublicKey = Type.Object({
  kty: Type.String({ description: 'the key type: OKP, EC or RSA' }),
  use: Type.Literal('sig'),
  alg: StringEnum(['EdDSA', 'ES256', 'RS256'], { description: 'the only algorithm of this key' }),
  kid: Type.String({
    description: 'the thumbprint of the key (RFC 7638): the `kid` of tokens that it signs'
  }),
  crv: Type.Optional(Type.String({ description: 'OKP, EC: the curve' })),
  x: Type.Optional(Type.String({ description: 'OKP: the key; EC: the first coordinate' })),
  y: Type.Optional(Type.String({ description: 'EC: the second coordinate' })),
  n: Type.Optional(Type.String({ description: 'RSA: the modulus' })),
  e: Type.Optional(Type.String({ description: 'RSA: the exponent' }))
})

const schema = {
  operationId: 'getJwks',
  summary: 'Get the public keys',
  description:
    'A key set (RFC 7517) with which other services verify access tokens. The signing key comes first. The set is empty ' +
    'when the service signs with a secret; then only the service itself can verify a token.',
  tags: ['auth'],
  response: {
    200: Type.Object(
      { keys: Type.Array(PublicKey) },
      {
        description: 'The key set.',
        examples: [
          {
            keys: [
              {
                kty: 'OKP',
                use: 'sig',
                alg: 'EdDSA',
                kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
                crv: 'Ed25519',
                x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
              }
            ]
          }
        ]
      }
    ),
    ...openProblemResponses()
  }
}

const jwks: FastifyPluginAsyncTypebox = async app => {
  // Nearly all issuers send application/json: not every client accepts application/jwk-set+json (RFC 7517, section 8.5.1).
  // Without keys the set is empty, not 404: a client then reports that no key fits, instead of an outage.
  app.get('/jwks.json', { schema }, async function jwks(_request, reply) {
    reply.cacheControl('public').maxAge(MAX_AGE)
    return { keys: [...app.tokens.publicKeys] }
  })
}

export default jwks
