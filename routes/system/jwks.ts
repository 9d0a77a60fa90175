import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { OneOf, problemResponses } from '../schemas.ts'

/**
 * Seconds for which others may keep the keys: as long as an access token lives by default. A new key is published for at
 * least so long before it signs, so nobody who keeps them meets a token of a key that is not among them.
 */
const MAX_AGE = 300

/** Only what is named here is ever sent: a private member would have no place in the answer. */
const PublicKey = Type.Object({
  kty: Type.String({ description: 'the type of the key: OKP, EC or RSA' }),
  use: Type.Literal('sig'),
  alg: OneOf(['EdDSA', 'ES256', 'RS256'], { description: 'the only algorithm that this key signs by' }),
  kid: Type.String({ description: 'its thumbprint (RFC 7638), the `kid` of the tokens that it signs' }),
  crv: Type.Optional(Type.String({ description: 'OKP, EC: the curve' })),
  x: Type.Optional(Type.String({ description: 'OKP, EC: the key, or its first coordinate' })),
  y: Type.Optional(Type.String({ description: 'EC: the second coordinate' })),
  n: Type.Optional(Type.String({ description: 'RSA: the modulus' })),
  e: Type.Optional(Type.String({ description: 'RSA: the exponent' }))
})

const schema = {
  operationId: 'getJwks',
  summary: 'The public keys',
  description:
    'For other services to check access tokens with (RFC 7517): keys of the service, the one that signs first. There are ' +
    'none while it signs with a secret; then only the service itself can tell whether a token is good.',
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
    ...problemResponses()
  }
}

const jwks: FastifyPluginAsyncTypebox = async app => {
  // Plain JSON, as nearly all issuers send it: not every client takes application/jwk-set+json (RFC 7517, section 8.5.1).
  // Without keys the set is empty rather than missing: a client then says that no key fits, not that we are out of order.
  app.get('/jwks.json', { schema }, async function jwks(_request, reply) {
    reply.cacheControl('public').maxAge(MAX_AGE)
    return { keys: [...app.tokens.publicKeys] }
  })
}

export default jwks
