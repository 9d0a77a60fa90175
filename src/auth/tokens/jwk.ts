import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'

/** How a private key signs. */
export type KeyAlgorithm = 'EdDSA' | 'ES256' | 'RS256'

/** A public key as JSON (RFC 7517), with the members of its type: `crv`, `x` and `y`, or `n` and `e`. */
export interface PublicJwk extends JsonWebKey {
  readonly kty: string
  readonly use: 'sig'
  readonly alg: KeyAlgorithm
  readonly kid: string
}

/** What the public half of a key pair tells: all of the key that anybody else may know. */
export function toPublicJwk(privateKey: KeyObject, alg: KeyAlgorithm): PublicJwk {
  const { kty = '', ...members } = createPublicKey(privateKey).export({ format: 'jwk' })
  return { kty, use: 'sig', alg, kid: calculateJwkThumbprint({ kty, ...members }), ...members }
}

/** What the key types ask for (RFC 7638, section 3.2; RFC 8037, section 2), in the order that the hash is taken in. */
const THUMBPRINT_MEMBERS = ['crv', 'e', 'kty', 'n', 'x', 'y']

/** A name that follows from the key itself, whoever gives it: its thumbprint by SHA-256 (RFC 7638). */
export const calculateJwkThumbprint = (jwk: JsonWebKey): string =>
  createHash('sha256').update(JSON.stringify(jwk, THUMBPRINT_MEMBERS)).digest('base64url')
