import { createPublicKey } from 'node:crypto'
import type { Config } from '../../config/config.ts'
import { type KeyAlgorithm, type PublicJwk, toPublicJwk } from './jwk.ts'
import { type PrivateKey, readPrivateKeys } from './private-keys.ts'
import { loadSigningSecrets, toKeyId } from './signing-secrets.ts'

/** What is secret of a key, to derive other keys from. */
export type KeyMaterial = string | Buffer

/** A key for access tokens by one algorithm, whatever a token's header asks for (RFC 8725, section 3.1). */
export interface SigningKey {
  /** Stands in the `kid` of the tokens that it signs. */
  readonly id: string
  readonly algorithm: 'HS256' | KeyAlgorithm
  /** A secret, or a pair of keys as PEM. */
  readonly secret: { readonly private: string; readonly public: string }
  readonly keyMaterial: KeyMaterial
  /** For others to check tokens with. A secret has none. */
  readonly jwk?: PublicJwk
}

/**
 * The keys of the service: the first signs, all verify. A private key comes before any secret, so that one can be added
 * to a service that has worked with secrets so far.
 * @param onCreated is told of the file when a secret was made and kept
 * @throws {ConfigError} when one is not accepted
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
    // The number itself: a PKCS#8 file that is written anew, by another tool, need not have the same bytes.
    keyMaterial: Buffer.from(`${key.export({ format: 'jwk' }).d}`, 'base64url'),
    jwk
  }
}
