import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'

/** The algorithms of private keys. */
export type KeyAlgorithm = 'EdDSA' | 'ES256' | 'RS256'

/** A public key as JSON (RFC 7517), with the members of its type: `crv`, `x` and `y`, or `n` and `e`. */
export interface PublicJwk extends JsonWebKey {
  readonly kty: string
  readonly use: 'sig'
  readonly alg: KeyAlgorithm
  readonly kid: string
}

/** @returns the public half of a key pair, with the thumbprint as its `kid` */
export function toPublicJwk(privateKey: KeyObject, alg: KeyAlgorithm): PublicJwk {
  const { kty = '', ...members } = createPublicKey(privateKey).export({ format: 'jwk' })
  return { kty, use: 'sig', alg, kid: calculateJwkThumbprint({ kty, ...members }), ...members }
}

/** The members that the key types require (RFC 7638, section 3.2; RFC 8037, section 2), in the order of the hash input. */
const THUMBPRINT_MEMBERS = ['crv', 'e', 'kty', 'n', 'x', 'y']

/** The SHA-256 thumbprint of a key (RFC 7638), which is the same for everybody who has the key. */
export const calculateJwkThumbprint = (jwk: JsonWebKey): string =>
  createHash('sha256').update(JSON.stringify(jwk, THUMBPRINT_MEMBERS)).digest('base64url')
