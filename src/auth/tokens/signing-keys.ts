import { createPublicKey } from 'node:crypto'
import type { Config } from '../../config/config.ts'
import type { KeyMaterial } from '../../process/derived-keys.ts'
import { type KeyAlgorithm, type PublicJwk, toPublicJwk } from './jwk.ts'
import { type PrivateKey, readPrivateKeys } from './private-keys.ts'
import { loadSigningSecrets, toKeyId } from './signing-secrets.ts'

/** A key for access tokens. Its algorithm is fixed, whatever the header of a token names (RFC 8725, section 3.1). */
export interface SigningKey {
  /** The `kid` of the tokens that the key signs. */
  readonly id: string
  readonly algorithm: 'HS256' | KeyAlgorithm
  /** A key pair as PEM, or the same secret twice. */
  readonly secret: { readonly private: string; readonly public: string }
  readonly keyMaterial: KeyMaterial
  /** The public key, with which others verify tokens. A secret has none. */
  readonly jwk?: PublicJwk
}

/**
 * Loads the keys of the service. The first signs, all verify. Private keys come before secrets, so that a service that has
 * signed with a secret can change to a private key.
 * @param onCreated called with the path of the file when a secret was generated and stored
 * @throws {ConfigError} when a key is not accepted
 */
export function loadSigningKeys(
  config: Config,
  onCreated?: (file: string) => void
): [SigningKey, ...SigningKey[]] {
  const privateKeys = readPrivateKeys(config.signing.keyFiles).map(fromPrivateKey)
  const keys = [...privateKeys, ...loadSigningSecrets(config, onCreated).map(fromSecret)]
  return Array.from(new Map(keys.map(key => [key.id, key])).values()) as [SigningKey, ...SigningKey[]]
}

const fromSecret = (secret: string): SigningKey => ({
  id: toKeyId(secret),
  algorithm: 'HS256',
  secret: { private: secret, public: secret },
  keyMaterial: secret
})

function fromPrivateKey({ key, algorithm }: PrivateKey): SigningKey {
  const jwk = toPublicJwk(key, algorithm)
  return {
    id: jwk.kid,
    algorithm,
    secret: {
      private: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      public: createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
    },
    // The number of the key, since another tool may write the same key with other bytes of PKCS#8.
    keyMaterial: Buffer.from(`${key.export({ format: 'jwk' }).d}`, 'base64url'),
    jwk
  }
}
